/** Large blocks: what was freed goes back, what is used again is found again, and what comes in sizes of its own does not pile up. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { digits, MIB, mib, table } from '../common/table'
import { type Context, doing, say } from './context'

const BLOCKS = [300 * 1024, 4 * MIB, 300 * MIB]
const DECAY_MS = 1000
/** Milliseconds until 95 % is back. */
const BACK_BOUND_MS = 1.5 * DECAY_MS + 500
/** Of what a server frees within a decay, so much may be resident besides what is live. */
const FREED_SHARE = 1.3
/** The last third of a run may hold this much more than the one before. */
const FLAT_BOUND = 1.15
/** Of Buffer.allocUnsafe's peak. */
const PEAK_BOUND = 2

/** Runs one measurement of large-child.ts. */
function measure<T>(...args: readonly (string | number)[]): T {
  doing(`large: ${args.join(' ')}`)
  const words = [join(__dirname, 'large-child.js'), ...args.map(String)]
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as T
}

const peakOf = (growth: readonly number[]): number => Math.max(...growth)

export async function large({ isQuick, promises, results }: Context): Promise<void> {
  const freed = BLOCKS.map((bytes) => ({
    bytes,
    ...measure<{ full: number; ms: number; left: number }>('freed', bytes, DECAY_MS),
  }))
  for (const { bytes, full, ms } of freed) {
    promises.push({
      name: `large: ${mib(full)} MiB in blocks of ${mib(bytes)} MiB freed, then idle`,
      bound: `95 % back within ${BACK_BOUND_MS} ms`,
      measured: `${digits(ms)} ms`,
      isHeld: ms <= BACK_BOUND_MS,
    })
  }

  const seconds = isQuick ? 12 : 60
  const served = measure<{ growth: number[]; mostLive: number; freedASecond: number }>('server', seconds)
  const third = Math.floor(served.growth.length / 3)
  const [middle, last] = [served.growth.slice(third, 2 * third), served.growth.slice(2 * third)].map(peakOf) as [
    number,
    number,
  ]
  const bound = served.mostLive + (FREED_SHARE * served.freedASecond * DECAY_MS) / 1000
  promises.push(
    {
      name: `large: a server with 20 uploads of 1 to 20 MiB a second, ${seconds} s`,
      bound: `resident growth at most ${mib(bound)} MiB`,
      measured: `${mib(peakOf(served.growth))} MiB`,
      isHeld: peakOf(served.growth) <= bound,
    },
    {
      name: 'large: the same, the last third of the time beside the one before',
      bound: `${FLAT_BOUND}`,
      measured: (last / middle).toFixed(2),
      isHeld: last / middle <= FLAT_BOUND,
    },
  )

  const blocks = isQuick ? 600 : 3000
  const [ours, theirs] = ['ebb', 'buffer'].map((way) => measure<{ peak: number }>('single', blocks, way).peak) as [
    number,
    number,
  ]
  promises.push({
    name: `large: one block of 1 to 20 MiB at a time, ${blocks} of them`,
    bound: `at most ${PEAK_BOUND} x Buffer.allocUnsafe's peak of ${mib(theirs)} MiB`,
    measured: `${mib(ours)} MiB`,
    isHeld: ours <= PEAK_BOUND * theirs,
  })

  const cycled = measure<{ maps: number; unmaps: number }>('cyclic', 200)
  promises.push({
    name: 'large: the same 20 sizes taken and freed, 200 rounds',
    bound: 'no memory mapped or unmapped',
    measured: `${cycled.maps} and ${cycled.unmaps}`,
    isHeld: cycled.maps === 0 && cycled.unmaps === 0,
  })
  results.large = { freed, served, single: { ours, theirs }, cycled }
  say(
    `\n## Large blocks\n\n${table(
      ['blocks of, MiB', 'resident when full, MiB', '95 % back after, ms', 'left, MiB'],
      freed.map(({ bytes, full, ms, left }) => [mib(bytes), mib(full), digits(ms), mib(left)]),
    )}`,
  )
}
