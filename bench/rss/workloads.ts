/** Request streams that leave survivors behind, and the talk's others. Seeded: every arm and every run gets the same. */
import { peakOf } from '../traces/live'
import { KIND_FREE, readTrace, type Trace, TraceBuilder } from '../traces/trace'
import { generator, type Random, shuffle } from '../workloads/random'

/** Requests in stretches: what comes in [0, peak), the drop [peak, dropped), the end of the survivors after that. */
export interface Stretches {
  readonly name: string
  /** For tables and captions. */
  readonly about: string
  readonly trace: Trace
  readonly peak: number
  readonly dropped: number
}

/** Which blocks survive, by their number in order of allocation. */
type Keep = (index: number, random: Random) => boolean

const everyNth =
  (n: number): Keep =>
  (index) =>
    index % n === 0
const oneIn =
  (n: number): Keep =>
  (_, random) =>
    random(n) === 0

/** Blocks of these sizes come in random order; then all that are not kept go, in the order in which they came. */
function burst(
  name: string,
  about: string,
  mix: readonly (readonly [count: number, bytes: number])[],
  keep: Keep,
): Stretches {
  const random = generator(20041009)
  const total = mix.reduce((sum, [count]) => sum + count, 0)
  const sizes = new Uint32Array(total)
  let filled = 0
  for (const [count, bytes] of mix) {
    sizes.fill(bytes, filled, filled + count)
    filled += count
  }
  shuffle(sizes, random)
  const builder = new TraceBuilder(2 * total)
  const ids = Array.from(sizes, (bytes) => builder.alloc(bytes))
  const peak = builder.operations
  for (const [index, id] of ids.entries()) if (!keep(index, random)) builder.free(id)
  const dropped = builder.operations
  return { name, about, trace: builder.finish(name), peak, dropped }
}

const SMALL_MIX = [
  [800_000, 32],
  [400_000, 64],
  [200_000, 128],
  [100_000, 256],
  [50_000, 512],
] as const

const small = (name: string, about: string, keep: Keep): Stretches =>
  burst(name, `1.55 M blocks of 32 to 512 bytes, ${about} stay`, SMALL_MIX, keep)

/** Robson's worst case as Mesh uses it: pairs of blocks, every second freed, then the size doubled so that no hole fits. */
function fragmenter(): Stretches {
  const builder = new TraceBuilder(1 << 20)
  const unit = 512
  let budget = 128 << 20
  for (let c = 1; budget >= 2 * c * unit; c *= 2) {
    const pairs = Math.floor(budget / (2 * c * unit))
    const seconds: number[] = []
    for (let i = 0; i < pairs; i++) {
      builder.alloc(c * unit)
      seconds.push(builder.alloc(c * unit))
    }
    for (const id of seconds) builder.free(id)
    budget -= pairs * c * unit
  }
  const end = builder.operations
  const about = 'pairs of blocks, every second freed, sizes doubling, within 128 MiB'
  return { name: 'fragmenter', about, trace: builder.finish('fragmenter'), peak: end, dropped: end }
}

/** A cache of 100 MB that forgets the oldest: first values of 240 bytes, then of 492. */
function redisLike(): Stretches {
  const builder = new TraceBuilder(2_000_000)
  const oldest: [id: number, bytes: number][] = []
  let head = 0
  const put = (count: number, bytes: number): void => {
    for (let i = 0; i < count; i++) {
      oldest.push([builder.alloc(bytes), bytes])
      while (builder.liveBytes > 100e6) builder.free(oldest[head++]![0])
    }
  }
  put(700_000, 240)
  const peak = builder.operations
  put(170_000, 492)
  const dropped = builder.operations
  const about = 'cache of 100 MB: 700 k values of 240 bytes, then 170 k of 492'
  return { name: 'redis', about, trace: builder.finish('redis'), peak, dropped }
}

/** Sessions of 500 records; one in thirteen is still open when all others have ended. */
function sessions(): Stretches {
  const random = generator(7)
  const builder = new TraceBuilder(1_200_000)
  const batches = Array.from({ length: 1200 }, () =>
    Array.from({ length: 500 }, () => builder.alloc(32 + 16 * random(20))),
  )
  const peak = builder.operations
  for (const batch of batches) if (random(13) !== 0) for (const id of batch) builder.free(id)
  const dropped = builder.operations
  const about = '1200 sessions of 500 records of 32 to 336 bytes, one in 13 stays'
  return { name: 'sessions', about, trace: builder.finish('sessions'), peak, dropped }
}

/** Names and makers; made when needed, as the largest take 25 MB. */
export const SURVIVORS: Readonly<Record<string, () => Stretches>> = {
  'small, every 20th': () => small('small, every 20th', 'every 20th', everyNth(20)),
  'small, 1 in 100': () => small('small, 1 in 100', '1 in 100 at random', oneIn(100)),
  'small, 1 in 1000': () => small('small, 1 in 1000', '1 in 1000 at random', oneIn(1000)),
  churn: () =>
    burst(
      'churn',
      '150 k x 512 B, 100 k x 1 KiB, 50 k x 2 KiB, every 20th stays',
      [
        [150_000, 512],
        [100_000, 1024],
        [50_000, 2048],
      ],
      everyNth(20),
    ),
  slices: () => burst('slices', '1 M slices of 64 bytes, 1 in 128 stays', [[1_000_000, 64]], oneIn(128)),
  sessions,
  redis: redisLike,
  fragmenter,
}

/** Those whose bounds are promised. */
export const PROMISED: readonly string[] = ['small, every 20th', 'small, 1 in 100', 'small, 1 in 1000']

/** A fifth of the small mix, for compiling what runs after a burst. */
export const warmUpBurst = (): Stretches =>
  burst(
    'warm-up',
    'a fifth of the small mix',
    SMALL_MIX.map(([count, bytes]) => [count / 5, bytes] as const),
    everyNth(20),
  )

/** Fill, drop, repeat: one round. About 40 MB in small blocks and some larger ones. */
export function cyclicRound(): Trace {
  const random = generator(3)
  const builder = new TraceBuilder(400_000)
  const ids = Array.from({ length: 160_000 }, (_, i) => builder.alloc(i % 200 === 0 ? 4096 : 16 + random(481)))
  for (const id of ids) builder.free(id)
  return builder.finish('cyclic')
}

/** The talk's story as one trace: [0, peak) computation, [peak, dropped) its end, [dropped, simulated) one simulation. */
export interface Story extends Stretches {
  readonly simulated: number
}

/** Copies of a recorded program side by side up to the moment when they hold most; all but 1 in 1000 go; a short program, to be repeated. */
export function story(copies: number): Story {
  const large = readTrace('ast')
  const short = readTrace('simulation')
  const peakAt = peakOf(large)
  const builder = new TraceBuilder(copies * peakAt * 1.4 + short.operations)
  const ids = Array.from({ length: copies }, () => new Int32Array(large.ids).fill(-1))
  for (let at = 0; at < peakAt; at += 256) {
    for (const own of ids) replayInto(builder, large, at, Math.min(peakAt, at + 256), own)
  }
  const peak = builder.operations
  const random = generator(5)
  for (const own of ids) for (const id of own) if (id >= 0 && random(1000) !== 0) builder.free(id)
  const dropped = builder.operations
  replayInto(builder, short, 0, short.operations, new Int32Array(short.ids).fill(-1))
  const simulated = builder.operations
  const about = `${copies} copies of "ast" up to their peak, then "simulation" again and again`
  return { name: 'story', about, trace: builder.finish('story'), peak, dropped, simulated }
}

function replayInto(builder: TraceBuilder, { ops }: Trace, from: number, to: number, ids: Int32Array): void {
  for (let at = from; at < to; at++) {
    const word = ops[2 * at]!
    const byteLength = ops[2 * at + 1]!
    const id = word >>> 2
    if ((word & 3) === KIND_FREE) {
      builder.free(ids[id]!)
      ids[id] = -1
    } else if ((word & 3) === 2) builder.realloc(ids[id]!, byteLength)
    else ids[id] = (word & 3) === 1 ? builder.allocZeroed(byteLength) : builder.alloc(byteLength)
  }
}

/** A little of everything, so that an arm's code is compiled before the resident set is first read. */
export function warmUpTrace(): Trace {
  const random = generator(11)
  const builder = new TraceBuilder(400_000)
  const ids: number[] = []
  while (builder.operations < 150_000) {
    const choice = random(8)
    const bytes = random(16) === 0 ? random(8000) : random(513)
    if (choice === 0 && ids.length > 0) builder.realloc(ids[random(ids.length)]!, bytes)
    else if (choice < 4 && ids.length > 500) {
      const index = random(ids.length)
      builder.free(ids[index]!)
      ids[index] = ids.at(-1)!
      ids.pop()
    } else ids.push(choice === 7 ? builder.allocZeroed(bytes) : builder.alloc(bytes))
  }
  return builder.finish('warm-up')
}
