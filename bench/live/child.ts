/** Child side: a heap of many blocks under load, and its live page. */
import { Heap, type Pointer } from 'ebb'
import { serve as servePage } from 'ebb/live'
import { serve } from '../common/asked-process'
import { generator } from '../workloads/random'
import type { Answers, Request } from './protocol'

const SIZES = [32, 48, 48, 64, 96, 128, 192, 256, 400, 512, 700, 1000, 2000, 4000]

const random = generator(1)
const heap = new Heap({ name: 'load' })
const blocks: Pointer[] = []

const take = (): Pointer => {
  const pointer = heap.alloc(SIZES[random(SIZES.length)] as number)
  heap.setUint32(pointer, 0, 1)
  return pointer
}

/** Replaces random blocks. Returns the milliseconds it took. */
function load(replaced: number): number {
  const start = performance.now()
  for (let i = 0; i < replaced; i++) {
    const at = random(blocks.length)
    heap.free(blocks[at] as Pointer)
    blocks[at] = take()
  }
  return performance.now() - start
}

async function open(bytes: number): Promise<Answers['open']> {
  for (let live = 0; live < bytes; ) {
    const pointer = take()
    blocks.push(pointer)
    live += heap.usableSize(pointer)
  }
  const start = performance.now()
  heap.map()
  const mapMs = performance.now() - start
  const { url, thread } = await servePage(heap)
  return { url, thread, blocks: blocks.length, mapMs }
}

serve(async (request: Request) => {
  if (request.kind === 'open') return open(request.bytes)
  return { ms: load(request.replaced), liveBytes: heap.stats().liveBytes }
})
