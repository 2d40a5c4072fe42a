/** Charts of block characters for the terminal. */
import type { Ink } from './ink'
import { byteAxis, byteLabel, type Point, timeLabel } from './scale'

/** From nothing to a whole cell, in eighths. */
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One line: a bar for each value, the last ones if there are more than fit; the largest of all is full. */
export function sparkline(values: readonly number[], width: number, most = Math.max(...values)): string {
  return values
    .slice(-width)
    .map((value) => EIGHTHS[most > 0 ? Math.max(0, Math.min(8, Math.round((value / most) * 8))) : 0] as string)
    .join('')
}

/** The largest value in each of so many parts of the axis; between samples the last one holds. */
export function columnsOf(points: readonly Point[], end: number, width: number): number[] {
  const columns: number[] = []
  let next = 0
  let last = 0
  for (let column = 0; column < width; column++) {
    const until = ((column + 1) / width) * end
    let most = -1
    while (next < points.length && ((points[next] as Point)[0] < until || column === width - 1)) {
      last = (points[next++] as Point)[1]
      most = Math.max(most, last)
    }
    columns.push(most < 0 ? last : most)
  }
  return columns
}

/**
 * Bytes over time as a filled curve, with its axes.
 * @param end - milliseconds at the right end
 * @param width - characters, axis included
 * @param height - lines of the plot, without the axis of time
 * @param labelOf - what stands below a time
 */
export function areaChart(
  points: readonly Point[],
  end: number,
  width: number,
  height: number,
  ink: Ink,
  labelOf: (ms: number) => string = timeLabel,
): string[] {
  const axis = byteAxis(Math.max(...points.map(([, y]) => y)), Math.max(1, Math.floor(height / 2)))
  const labels = axis.ticks.map((tick) => byteLabel(tick))
  const margin = Math.max(...labels.map((label) => label.length)) + 1
  const plot = Math.max(8, width - margin - 2)
  const columns = columnsOf(points, end, plot)
  const lines: string[] = []
  for (let row = height - 1; row >= 0; row--) {
    // A tick stands on the row whose upper edge it is next to.
    const tick = axis.ticks.findIndex((at) => at > 0 && Math.round((at / axis.end) * height) - 1 === row)
    const label = tick < 0 ? '' : (labels[tick] as string)
    const cells = columns.map((value) => {
      const eighths = Math.round((value / axis.end) * height * 8) - row * 8
      return EIGHTHS[Math.max(0, Math.min(8, eighths))] as string
    })
    lines.push(
      `${ink('dim', `${label.padStart(margin)} ${tick < 0 ? '│' : '┤'}`)}${ink('blue', cells.join('').trimEnd())}`,
    )
  }
  lines.push(ink('dim', `${'0'.padStart(margin)} └${'─'.repeat(plot)}`))
  const [start, middle, right] = [labelOf(0), labelOf(end / 2), labelOf(end)]
  const gap = Math.floor((plot - middle.length) / 2) - start.length
  const times = `${start}${' '.repeat(Math.max(1, gap))}${middle}`
  lines.push(ink('dim', `${' '.repeat(margin + 2)}${times.padEnd(plot - right.length)}${right}`))
  return lines
}
