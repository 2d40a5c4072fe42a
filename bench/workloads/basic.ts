/** Bursts and churn: the plainest request streams. */
import { type Trace, TraceBuilder } from '../traces/builder'
import { generator, shuffle } from './random'

export type FreeOrder = 'fifo' | 'lifo' | 'random'

/** `count` blocks come, and all go in the given order. */
export function burst(order: FreeOrder, count: number): Trace {
  const random = generator(1)
  const builder = new TraceBuilder(2 * count)
  const ids = Array.from({ length: count }, () => builder.alloc(16 + random(241)))
  if (order === 'lifo') ids.reverse()
  else if (order === 'random') shuffle(ids, random)
  for (const id of ids) builder.free(id)
  return builder.finish(`burst-${order}-${count}`)
}

/** `live` blocks come; then random ones are freed and replaced by others of random sizes, `replacements` times. */
export function churn(live: number, replacements: number, minBytes = 16, maxBytes = 256): Trace {
  const random = generator(2)
  const builder = new TraceBuilder(2 * (live + replacements))
  const size = (): number => minBytes + random(maxBytes - minBytes + 1)
  const ids = Array.from({ length: live }, () => builder.alloc(size()))
  for (let i = 0; i < replacements; i++) {
    const slot = random(live)
    builder.free(ids[slot]!)
    ids[slot] = builder.alloc(size())
  }
  return builder.finish(`churn-${live}`)
}

/** 256 vectors, pushed to at random, that grow by half with realloc when they are full and start anew at 64 KiB. */
export function growth(operations: number): Trace {
  const random = generator(14)
  const builder = new TraceBuilder(operations)
  const vectors = Array.from({ length: 256 }, () => ({ id: builder.alloc(16), byteLength: 16 }))
  while (builder.operations < operations) {
    const vector = vectors[random(vectors.length)]!
    if (vector.byteLength < 65_536) {
      vector.byteLength = Math.ceil((vector.byteLength * 1.5) / 8) * 8
      builder.realloc(vector.id, vector.byteLength)
    } else {
      builder.free(vector.id)
      vector.byteLength = 16
      vector.id = builder.alloc(16)
    }
  }
  return builder.finish('growth')
}
