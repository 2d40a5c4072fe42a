/** Pages for the browser: one file each, without anything from elsewhere; light and dark, wide and narrow. */
import { lengthOf, peakOf, pictureOf, pointsOf, type Recording, subtitleOf, summary } from '../recording'
import { escaped, FONT, pageStyle } from './theme'
import { showBytes, showTime } from './units'

const STYLE = `
*{box-sizing:border-box}
body{margin:0;font:15px/1.5 ${FONT}}
main{max-width:960px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:22px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:16px;margin:32px 0 8px}
p{margin:0 0 16px}
.muted{font-size:13px}
.panel{border:1px solid;border-radius:8px;padding:12px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:16px 0}
.tiles dt{font-size:13px}
.tiles dd{margin:0;font-size:20px;font-weight:600}
svg{display:block;width:100%;height:auto}
.narrow{display:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;border-bottom:1px solid;text-align:right;white-space:nowrap}
th{font-weight:500;font-size:13px}
th:first-child,td:first-child{text-align:left}
.track{display:inline-block;width:120px;height:10px;border-radius:5px;overflow:hidden;vertical-align:middle}
.track i{display:block;height:100%}
.stack.track{display:flex;width:100%;height:28px;border-radius:6px;margin:12px 0}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:0;padding:0;font-size:13px}
.key b{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
.map{display:block;width:100%;max-width:640px;height:auto;image-rendering:pixelated;margin:16px 0 8px}
.WARN,.FAIL,.NOTE{font-weight:600}
@media(max-width:640px){.wide{display:none}.narrow{display:block}main{padding:16px 12px 32px}th,td{padding:5px 4px;font-size:13px}.track{width:70px}}
@media print{main{max-width:none}}
`

/** A page around some content. */
export function frame(title: string, content: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}${pageStyle()}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...content,
    '</main>',
    '</body>',
    '</html>\n',
  ].join('\n')
}

/** Figures side by side. */
export const tiles = (pairs: readonly (readonly [string, string])[]): string =>
  `<dl class="tiles">${pairs
    .map(([name, value]) => `<div class="panel"><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`)
    .join('')}</dl>`

/** A table; cells are text. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table><thead>${cells(head, 'th')}</thead><tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>`
}

/** The page of a recording. */
export function page(recording: Recording): string {
  const figures = pointsOf(recording, 'resident').map(([, value]) => value)
  const peak = peakOf(recording)
  const cgroup = pointsOf(recording, 'cgroup').map(([, value]) => value)
  const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
  const shown: [string, string][] = [
    ['resident at the end', showBytes(figures.at(-1) as number)],
    ['most, at a look', showBytes(largest(figures))],
  ]
  if (peak !== undefined) shown.push(['peak, by the kernel', showBytes(peak)])
  shown.push(['time', showTime(lengthOf(recording))])
  if (cgroup.length > 0) shown.push(['its control group, most', showBytes(largest(cgroup))])
  const marked = recording.samples.filter(({ mark }) => mark !== undefined)
  return frame(recording.title, [
    `<h1>${escaped(recording.title)}</h1>`,
    `<p class="muted">${escaped(subtitleOf(recording))}</p>`,
    tiles(shown),
    `<div class="panel"><div class="wide">${pictureOf(recording, 900, 400, true)}</div>`,
    `<div class="narrow">${pictureOf(recording, 360, 300, true)}</div></div>`,
    '<h2>Figures</h2>',
    htmlTable(['', 'first', 'most', 'last'], summary(recording)),
    '<p class="muted">resident: all pages in memory, shared ones in full. anonymous: those that no file stands behind. ' +
      'proportional: shared pages divided by the number of their users.</p>',
    ...(marked.length === 0
      ? []
      : [
          '<h2>Marks</h2>',
          htmlTable(
            ['name', 'at', 'resident'],
            marked.map(({ mark, ms, resident }) => [mark as string, showTime(ms), showBytes(resident)]),
          ),
        ]),
  ])
}
