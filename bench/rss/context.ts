/** What all experiments share: how much to do, where flat traces lie, and the promises that were looked at. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../common/root'
import { MIB } from '../common/table'
import { writeFlat } from '../traces/flat'
import type { Trace } from '../traces/trace'

/** A bound, what was measured, and whether it is held. */
export interface Promised {
  readonly name: string
  readonly bound: string
  readonly measured: string
  readonly isHeld: boolean
}

export interface Context {
  readonly isQuick: boolean
  /** Name for copies of charts in docs/img/, where wanted. */
  readonly image: (name: string) => string | undefined
  readonly promises: Promised[]
  /** Goes to out/rss.json. */
  readonly results: Record<string, unknown>
  /** What a chart's caption ends with. */
  readonly machine: string
}

export const say = (text: string): void => console.log(text)

/** A sign of life for a terminal; nothing in a log. */
export function doing(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}

/** Writes a trace where drivers can map it, for as long as `use` runs. */
export async function withFlat<T>(trace: Trace, use: (file: string) => Promise<T>): Promise<T> {
  const folder = join(projectRoot(), 'out', 'rss', 'flat')
  const file = join(folder, `${trace.name.replace(/\W+/g, '-')}-${process.pid}.flat`)
  mkdirSync(folder, { recursive: true })
  writeFlat(trace, file)
  try {
    return await use(file)
  } finally {
    rmSync(file, { force: true })
    doing('')
  }
}

export const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

/** What is resident may be this much more than the floor, or SLACK_BYTES more. */
const FLOOR_FACTOR = 1.15
const SLACK_BYTES = 4 * MIB

export const floorBound = (bytes: number): number => Math.max(FLOOR_FACTOR * bytes, bytes + SLACK_BYTES)
