/** The process that is watched: 1 GB of blocks, and a load that counts what it does. */
import { Heap, type Pointer } from 'ebb'
import { serve } from '../common/asked-process'

/** Bytes of live blocks, and of one of them on average. */
const LIVE_BYTES = 1e9
const SIZES = [32, 48, 64, 96, 128, 256, 512, 1024]
/** Milliseconds of work between two turns of the event loop. */
const SLICE = 5

const heap = new Heap({ name: 'watched' })
const blocks: Pointer[] = []
for (let bytes = 0, i = 0; bytes < LIVE_BYTES; i++) {
  const size = SIZES[i % SIZES.length] as number
  const block = heap.alloc(size)
  heap.setUint32(block, 0, i)
  blocks.push(block)
  bytes += size
}

let seed = 1
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
  return seed % below
}

/** Frees and allocates blocks at random for some milliseconds of the wall. Returns how many. */
function slice(): number {
  const end = performance.now() + SLICE
  let pairs = 0
  do {
    for (let i = 0; i < 200; i++) {
      const at = random(blocks.length)
      heap.free(blocks[at] as Pointer)
      const block = heap.alloc(SIZES[random(SIZES.length)] as number)
      heap.setUint32(block, 0, i)
      blocks[at] = block
    }
    pairs += 200
  } while (performance.now() < end)
  return pairs
}

/** Works for so many milliseconds, with turns of the event loop. Pairs of free and alloc a second, by the wall. */
async function work({ ms }: { readonly ms: number }): Promise<number> {
  const start = performance.now()
  let pairs = 0
  while (performance.now() - start < ms) {
    pairs += slice()
    await new Promise(setImmediate)
  }
  return (pairs / (performance.now() - start)) * 1000
}

serve((request) => work(request as { readonly ms: number }))
