/** What stands round a plot: title, subtitle, legend, caption, each broken into lines that fit. */
import type { Theme } from './theme'

export interface LegendEntry {
  readonly name: string
  readonly colour: string
  /** A stroke rather than a square. */
  readonly isLine?: boolean
  readonly isDashed?: boolean
}

export interface Framed {
  readonly title: string
  readonly subtitle?: string
  readonly caption?: string
  readonly width: number
  readonly legend: readonly LegendEntry[]
  readonly theme: Theme
  /** The svg element that Plot made, and its height in pixels. */
  readonly plot: string
  readonly height: number
}

const MARGIN = 18
const FONT = `system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif`

/** Average width of a letter in ems; a little generous, as fonts differ. */
const LETTER = 0.54

/** The whole picture. */
export function frame(chart: Framed): string {
  const { width, theme } = chart
  const parts: string[] = []
  let y = MARGIN
  const write = (text: string, size: number, colour: string, weight = 400): void => {
    for (const line of wrap(text, width - 2 * MARGIN, size)) {
      y += size * 1.35
      parts.push(
        `<text x="${MARGIN}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" fill="${colour}">${escaped(line)}</text>`,
      )
    }
  }
  write(chart.title, 17, theme.text, 650)
  if (chart.subtitle !== undefined) write(chart.subtitle, 13, theme.muted)
  y += 10
  const legend = drawLegend(chart.legend, width, y, theme)
  parts.push(legend.svg)
  y = legend.bottom
  parts.push(nested(chart.plot, y))
  y += chart.height
  if (chart.caption !== undefined) write(chart.caption, 11.5, theme.muted)
  const height = Math.ceil(y + MARGIN)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${FONT}">`,
    `<title>${escaped(chart.title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="${theme.background}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function drawLegend(
  entries: readonly LegendEntry[],
  width: number,
  top: number,
  theme: Theme,
): { svg: string; bottom: number } {
  if (entries.length === 0) return { svg: '', bottom: top }
  const size = 12.5
  const parts: string[] = []
  let x = MARGIN
  let y = top + 8
  for (const { name, colour, isLine, isDashed } of entries) {
    const needed = 30 + name.length * size * LETTER + 18
    if (x > MARGIN && x + needed > width - MARGIN) {
      x = MARGIN
      y += 20
    }
    parts.push(
      isLine
        ? `<line x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2.6"${isDashed ? ' stroke-dasharray="5,4"' : ''}/>`
        : `<rect x="${x + 5}" y="${y - 6}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${x + 28}" y="${y + 4.5}" font-size="${size}" fill="${theme.text}">${escaped(name)}</text>`,
    )
    x += needed
  }
  return { svg: parts.join('\n'), bottom: y + 16 }
}

/** Plot's svg element at a place of the picture. Its style sheet is for HTML pages, and viewers of SVG warn of it. */
function nested(svg: string, y: number): string {
  return svg
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace('<svg ', `<svg y="${y}" xmlns="http://www.w3.org/2000/svg" `)
    .replace(/font-family="[^"]*"/, '')
}

function wrap(text: string, width: number, size: number): string[] {
  const letters = Math.floor(width / (size * 0.92 * LETTER))
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > letters) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
