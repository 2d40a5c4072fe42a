/**
 * One measurement of large.ts in a process of its own: `node large-child.js freed|server|single|cyclic ...` prints a line of JSON.
 *
 *     freed BLOCK_BYTES DECAY_MS     1200 MiB in such blocks, all freed at once; then idling
 *     server SECONDS                 20 times a second an upload of 1 to 20 MiB is put into a block and freed 10 ms later
 *     single BLOCKS ebb|buffer       one block of 1 to 20 MiB at a time: taken, written, freed
 *     cyclic ROUNDS                  the same 20 sizes, taken and freed in turn
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Heap, type Pointer } from 'ebb'
import { residentBytes } from '../common/resident'
import { MIB } from '../common/table'
import { generator } from '../workloads/random'

const PAGE_BYTES = 4096
const TOTAL_BYTES = 1200 * MIB
const LEAST_BYTES = MIB
const MOST_BYTES = 20 * MIB

const random = generator(1)
const anySize = (): number => LEAST_BYTES + random(MOST_BYTES - LEAST_BYTES)

/** Makes every page of a block resident. */
function touch(heap: Heap, pointer: Pointer, byteLength: number): void {
  for (let at = 0; at < byteLength; at += PAGE_BYTES) heap.setUint8(pointer, at, 1)
}

async function freed(blockBytes: number, decay: number): Promise<object> {
  const heap = new Heap({ decay })
  const before = residentBytes()
  const pointers = Array.from({ length: Math.floor(TOTAL_BYTES / blockBytes) }, () => heap.alloc(blockBytes))
  for (const pointer of pointers) touch(heap, pointer, blockBytes)
  const full = residentBytes() - before
  for (const pointer of pointers) heap.free(pointer)
  const start = performance.now()
  while (residentBytes() - before > full / 20 && performance.now() - start < 60_000) await delay(20)
  return { full, ms: performance.now() - start, left: residentBytes() - before }
}

async function server(seconds: number): Promise<object> {
  const heap = new Heap()
  let freedBytes = 0
  let liveBytes = 0
  let mostLive = 0
  const before = residentBytes()
  const growth: number[] = []
  const load = setInterval(() => {
    const size = anySize()
    const pointer = heap.alloc(size)
    touch(heap, pointer, size)
    liveBytes += size
    mostLive = Math.max(mostLive, liveBytes)
    setTimeout(() => {
      heap.free(pointer)
      liveBytes -= size
      freedBytes += size
    }, 10)
  }, 50)
  for (let second = 0; second < seconds; second++) {
    await delay(1000)
    growth.push(residentBytes() - before)
  }
  clearInterval(load)
  return { growth, mostLive, freedASecond: freedBytes / seconds }
}

async function single(blocks: number, way: string): Promise<object> {
  const heap = new Heap()
  const before = residentBytes()
  let peak = 0
  for (let i = 0; i < blocks; i++) {
    const size = anySize()
    if (way === 'ebb') {
      const pointer = heap.alloc(size)
      touch(heap, pointer, size)
      heap.free(pointer)
    } else {
      const buffer = Buffer.allocUnsafe(size)
      for (let at = 0; at < size; at += PAGE_BYTES) buffer[at] = 1
    }
    if (i % 50 === 49) await new Promise((resolve) => setImmediate(resolve))
    if (i % 25 === 24) peak = Math.max(peak, residentBytes() - before)
  }
  return { peak }
}

function cyclic(rounds: number): object {
  const heap = new Heap()
  const sizes = Array.from({ length: 20 }, anySize)
  const round = (): void => {
    const pointers = sizes.map((size) => heap.alloc(size))
    for (const pointer of pointers) heap.free(pointer)
  }
  round()
  const { maps, unmaps } = heap.stats()
  for (let i = 0; i < rounds; i++) round()
  const after = heap.stats()
  return { maps: after.maps - maps, unmaps: after.unmaps - unmaps }
}

async function main(): Promise<void> {
  const [what, first, second] = process.argv.slice(2)
  const ways: Record<string, () => object | Promise<object>> = {
    freed: () => freed(Number(first), Number(second)),
    server: () => server(Number(first)),
    single: () => single(Number(first), second as string),
    cyclic: () => cyclic(Number(first)),
  }
  console.log(JSON.stringify(await (ways[what as string] as () => object)()))
}

void main()
