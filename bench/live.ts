/**
 * `npm run bench:live`: what an open page of `ebb/live` costs a program, and how often it is told of it. One process replaces blocks of a
 * large heap without turning its event loop; the same work is done with a page open and without, in turn.
 *
 *     npm run bench:live              1 GB of blocks
 *     npm run bench:live -- --quick   64 MB, two rounds: whether it works
 *
 * Ends with 1 if a bound is missed.
 */
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { AskedProcess } from './common/asked-process'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { median, quantile } from './common/quantile'
import type { Answers } from './live/protocol'
import { Reader } from './live/reader'

/** Bounds: the program takes at most so much longer, and a page gets at least so many frames a second. */
const SLOWER_MAX = 1.02
const FRAMES_MIN = 5

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const plan = values.quick
  ? { bytes: 64e6, rounds: 2, replaced: 3_000_000 }
  : { bytes: 1e9, rounds: 24, replaced: 2_000_000 }

async function main(): Promise<void> {
  const machine = describeMachine()
  console.log(machineLine(machine))
  const child = new AskedProcess('live', path.join(__dirname, 'live', 'child.js'))
  const { url, thread, blocks, mapMs } = (await child.request({ kind: 'open', bytes: plan.bytes })) as Answers['open']
  const load = async () => ((await child.request({ kind: 'load', replaced: plan.replaced })) as Answers['load']).ms
  await load()
  const ratios: number[] = []
  const costs: number[] = []
  let frames = 0
  let bytes = 0
  let ms = 0
  const closed = async (): Promise<number> => {
    await delay(150) // the thread notices that the page is gone
    return load()
  }
  const open = async (): Promise<number> => {
    const reader = await Reader.open(url)
    const before = { frames: reader.frames, bytes: reader.bytes }
    const took = await load()
    frames += reader.frames - before.frames
    bytes += reader.bytes - before.bytes
    ms += took
    costs.push(...reader.costs)
    reader.close()
    return took
  }
  for (let round = 0; round < plan.rounds; round++) {
    // In turn the one first and the other: what drifts does not count.
    const first = round % 2 === 0 ? [await closed(), await open()] : [await open(), await closed()]
    const [without, withPage] = (round % 2 === 0 ? first : first.reverse()) as [number, number]
    ratios.push(withPage / without)
  }
  await child.end()
  const slower = median(ratios)
  const rate = (frames * 1000) / ms
  const { bytes: size } = plan
  console.log(
    `\n${(size / 1e6).toFixed(0)} MB in ${blocks} blocks, served by the thread '${thread}'; heap.map() ${mapMs.toFixed(1)} ms`,
  )
  const spread = `quartiles ${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}`
  console.log(`time of the program, page open / closed: ${slower.toFixed(3)} (bound ${SLOWER_MAX}), ${spread}`)
  console.log(
    `frames a second while it is busy: ${rate.toFixed(1)} (bound ${FRAMES_MIN}), ${(bytes / Math.max(1, frames) / 1024).toFixed(0)} KiB each`,
  )
  console.log(`a look at the heap: ${median(costs).toFixed(1)} ms`)
  const result = { machine, isQuick: values.quick, plan, blocks, thread, ratios, slower, rate, lookMs: median(costs) }
  console.log(`\n${writeJson('bench-live', result)}`)
  if (!values.quick && (slower > SLOWER_MAX || rate < FRAMES_MIN)) process.exitCode = 1
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
