/**
 * Child side: a cache that may take 400 MiB is filled with as much, a MiB for each turn of the event loop.
 *
 *     node build/js/bench/pressure/child.js with|without MEBIBYTES
 */
import { writeSync } from 'node:fs'
import { Heap } from 'ebb'
import { bytes, Cache, str } from 'ebb/collections'
import { onMemoryPressure, watchMemoryPressure } from 'ebb/pressure'
import { type Lived, type Told, TURN_ENTRIES, VALUE_BYTES } from './protocol'

const MIB = 2 ** 20

const isWatching = process.argv[2] === 'with'
const wanted = Number(process.argv[3]) * MIB
const heap = new Heap({ name: 'cache' })
const cache = new Cache(heap, { key: str, value: bytes, maxBytes: wanted })
const told: Told[] = []
let sources: readonly string[] = []

if (isWatching) {
  onMemoryPressure(({ level, bytes, limit }) => {
    const cacheBefore = cache.byteLength
    cache.shrinkTo(cacheBefore / 2)
    told.push({ level, bytes, limit, cacheBefore, cacheAfter: cache.byteLength })
  })
  const watch = watchMemoryPressure()
  sources = watch.sources
  watch.close()
}

const value = Buffer.alloc(VALUE_BYTES, 7)
const start = performance.now()
let put = 0

function turn(): void {
  for (let i = 0; i < TURN_ENTRIES; i++) cache.set(`key ${put++}`, value)
  if (put * VALUE_BYTES < wanted) return void setImmediate(turn)
  const lived: Lived = { sources, put: put * VALUE_BYTES, ms: performance.now() - start, cache: cache.byteLength, told }
  writeSync(1, `${JSON.stringify(lived)}\n`)
}

turn()
