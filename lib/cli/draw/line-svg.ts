/** Bytes over time as an SVG: lines, the first one filled, with axes, marks and a legend. */
import { byteAxis, byteLabel, type Point, thinned, timeAxis, timeLabel } from './scale'
import { escaped, FONT, pictureStyle } from './theme'

export interface Line {
  readonly name: string
  readonly points: readonly Point[]
  readonly isDashed?: boolean
}

export interface LineChart {
  readonly title: string
  readonly subtitle?: string
  /** In the order of their colours; the first is filled. */
  readonly lines: readonly Line[]
  /** Milliseconds at the right end. */
  readonly end: number
  /** Names at points of time. */
  readonly marks: readonly (readonly [ms: number, name: string])[]
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** In a page, which has the style and the title already. */
  readonly isEmbedded?: boolean
}

/** Pixels around the plot. */
const RIGHT = 18
const BOTTOM = 30
/** Average width of a letter in ems; a little generous, as fonts differ. */
const LETTER = 0.6
const SIZE = 12

const round = (value: number): number => Math.round(value * 10) / 10

/** The whole picture. */
export function lineSvg(chart: LineChart): string {
  const { width, height, lines, end } = chart
  const parts: string[] = []
  let top = 12
  const text = (x: number, y: number, value: string, extra: string): string =>
    `<text x="${round(x)}" y="${round(y)}" ${extra}>${escaped(value)}</text>`
  if (chart.isEmbedded !== true) {
    parts.push(`<style>${pictureStyle()}</style><rect class="bg" width="${width}" height="${height}" rx="6"/>`)
    parts.push(text(16, top + 16, chart.title, 'class="tx" font-size="16" font-weight="600"'))
    top += 26
    if (chart.subtitle !== undefined) {
      parts.push(text(16, top + 12, chart.subtitle, `class="mu" font-size="${SIZE}"`))
      top += 20
    }
    top += 4
  }
  const vertical = byteAxis(
    Math.max(1, ...lines.flatMap(({ points }) => points.map(([, y]) => y))),
    height < 260 ? 4 : 6,
  )
  const left = 10 + Math.max(...vertical.ticks.map((tick) => byteLabel(tick).length)) * SIZE * LETTER + 8
  let legend = left
  lines.forEach(({ name, isDashed }, i) => {
    const needed = 28 + name.length * SIZE * LETTER + 16
    if (legend > left && legend + needed > width - RIGHT) {
      legend = left
      top += 18
    }
    const dash = isDashed === true ? ' stroke-dasharray="5 4"' : ''
    parts.push(
      `<line class="l${i}" x1="${round(legend)}" x2="${round(legend + 20)}" y1="${top + 8}" y2="${top + 8}" stroke-width="2.5"${dash}/>`,
      text(legend + 26, top + 12, name, `class="tx" font-size="${SIZE}"`),
    )
    legend += needed
  })
  top += chart.marks.length > 0 ? 42 : 26
  const plotWidth = width - left - RIGHT
  const plotHeight = height - top - BOTTOM
  const horizontal = timeAxis(end, Math.max(2, Math.floor(plotWidth / 90)))
  const x = (ms: number): number => round(left + (ms / horizontal.end) * plotWidth)
  const y = (bytes: number): number => round(top + (1 - bytes / vertical.end) * plotHeight)
  for (const tick of vertical.ticks) {
    parts.push(`<line class="gr" x1="${round(left)}" x2="${width - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>`)
    parts.push(text(left - 8, y(tick) + 4, byteLabel(tick), `class="mu" font-size="${SIZE}" text-anchor="end"`))
  }
  for (const tick of horizontal.ticks) {
    const anchor = x(tick) > width - RIGHT - 20 ? 'end' : tick === 0 ? 'start' : 'middle'
    parts.push(text(x(tick), height - 10, timeLabel(tick), `class="mu" font-size="${SIZE}" text-anchor="${anchor}"`))
  }
  parts.push(...drawMarks(chart, x, top, top + plotHeight, width, text))
  lines.forEach(({ points, isDashed, name }, i) => {
    const kept = thinned(points, horizontal.end, Math.ceil(plotWidth))
    if (kept.length === 0) return
    const path = kept.map(([ms, bytes], n) => `${n === 0 ? 'M' : 'L'}${x(ms)} ${y(bytes)}`).join('')
    const [first, last] = [kept[0] as Point, kept.at(-1) as Point]
    if (i === 0)
      parts.push(`<path class="f${i}" opacity=".14" d="${path}L${x(last[0])} ${y(0)}L${x(first[0])} ${y(0)}Z"/>`)
    const dash = isDashed === true ? ' stroke-dasharray="5 4"' : ''
    parts.push(
      `<path class="l${i}" fill="none" stroke-width="2" stroke-linejoin="round"${dash} d="${path}"><title>${escaped(name)}</title></path>`,
    )
    // A line of one point has no length: it gets a dot.
    if (kept.length === 1) parts.push(`<circle class="f${i}" cx="${x(first[0])}" cy="${y(first[1])}" r="3"/>`)
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${FONT}">`,
    `<title>${escaped(chart.title)}</title>`,
    ...parts,
    '</svg>',
  ].join('\n')
}

/** Dashed lines with names above the plot; a name that would run into the one before is left out, its line stays. */
function drawMarks(
  { marks }: LineChart,
  x: (ms: number) => number,
  top: number,
  bottom: number,
  width: number,
  text: (x: number, y: number, value: string, extra: string) => string,
): string[] {
  let free = 0
  return marks.flatMap(([ms, name]) => {
    const at = x(ms)
    const line = `<line class="mk" x1="${at}" x2="${at}" y1="${top - 6}" y2="${bottom}" stroke-dasharray="2 4"><title>${escaped(name)}</title></line>`
    const needed = name.length * SIZE * LETTER
    if (at < free || at + needed > width) return [line]
    free = at + needed + 8
    return [line, text(at, top - 10, name, `class="mu" font-size="${SIZE}"`)]
  })
}
