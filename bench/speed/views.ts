/** Child side: a Uint8Array on some bytes, by each way to get one. */
import type { Pointer } from 'ebb'
import type { EbbModule } from './js-arms'
import type { SingleOptions } from './protocol'
import type { Batch } from './work'

const VIEWS = 10_000

let last: Uint8Array | undefined

export function viewBatch(arm: string, { byteLength = 64 }: SingleOptions, { Heap }: EbbModule): Batch {
  if (arm === 'ebb') {
    const heap = new Heap()
    const blocks = heap.allocMany(byteLength, new Int32Array(VIEWS))
    const run = (): unknown => {
      for (let i = 0; i < VIEWS; i++) {
        last = heap.bytes(blocks[i] as Pointer, byteLength)
        last[0] = i
      }
      return last
    }
    return { run, operations: VIEWS, finish: () => heap.close() }
  }
  return loop(maker(arm, byteLength))
}

function maker(arm: string, byteLength: number): (i: number) => Uint8Array {
  const pool = new Uint8Array(VIEWS * byteLength)
  switch (arm) {
    case 'Buffer.allocUnsafe':
      return () => Buffer.allocUnsafe(byteLength)
    case 'Uint8Array':
      return () => new Uint8Array(byteLength)
    case 'subarray':
      return (i) => pool.subarray(i * byteLength, (i + 1) * byteLength)
    default:
      throw new Error(`no such arm: ${arm}`)
  }
}

function loop(make: (i: number) => Uint8Array): Batch {
  const run = (): unknown => {
    for (let i = 0; i < VIEWS; i++) {
      last = make(i)
      last[0] = i
    }
    return last
  }
  return { run, operations: VIEWS }
}
