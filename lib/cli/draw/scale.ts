/** Axes: where the ticks are, and what stands at them. */
import { showBytes, showTime } from './units'

/** Steps of a second, a minute and an hour that people count in, in milliseconds. */
const TIME_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map((s) => s * 1000),
)

/** An axis from 0 on. */
export interface Axis {
  /** Its end; not below the largest value. */
  readonly end: number
  readonly ticks: readonly number[]
}

/** Ticks at multiples of a power of two of bytes, `count` or fewer above 0. */
export function byteAxis(largest: number, count: number): Axis {
  let step = 1
  while (step * count < largest) step *= 2
  return axis(Math.max(1, Math.ceil(largest / step)) * step, step)
}

/** Ticks at round times; the axis ends where the values do. */
export function timeAxis(longest: number, count: number): Axis {
  const days = 86_400_000
  const step = TIME_STEPS.find((each) => each * count >= longest) ?? Math.ceil(longest / days / count) * days
  return axis(Math.max(1, longest), step)
}

function axis(end: number, step: number): Axis {
  const ticks: number[] = []
  for (let at = 0; at <= end; at += step) ticks.push(at)
  return { end, ticks }
}

/** Labels of an axis of bytes. */
export const byteLabel = (bytes: number): string => (bytes === 0 ? '0' : showBytes(bytes))

/** Labels of an axis of time. */
export const timeLabel = (ms: number): string => (ms === 0 ? '0' : showTime(ms))

/** A value at a time. */
export type Point = readonly [x: number, y: number]

/** At most two points for each of `columns` parts of the axis, its least and its largest, in order: the picture stays the same. */
export function thinned(points: readonly Point[], end: number, columns: number): readonly Point[] {
  if (points.length <= columns * 2) return points
  const kept: Point[] = []
  let column = -1
  let least: Point | undefined
  let most: Point | undefined
  const flush = (): void => {
    if (least === undefined || most === undefined) return
    if (least === most) kept.push(least)
    else kept.push(...(least[0] <= most[0] ? [least, most] : [most, least]))
  }
  for (const point of points) {
    const at = Math.min(columns - 1, Math.floor((point[0] / end) * columns))
    if (at !== column) {
      flush()
      column = at
      least = point
      most = point
    } else {
      if (point[1] < (least as Point)[1]) least = point
      if (point[1] > (most as Point)[1]) most = point
    }
  }
  flush()
  return kept
}
