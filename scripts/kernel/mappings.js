'use strict'
// A process that has as many mappings as it may: the system refuses to split one, so munmap, mremap and mmap fail with ENOMEM. A heap
// goes on with what it has, by copies where pages cannot be moved. It says what became of it in a line of JSON. To be run with the flags of flags.js:
// the engine itself ends the process where it gets no page, so it has all it needs before.
const { readFileSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..', '..')
const { Heap } = require(path.join(root, 'dist', 'index.js'))
const { checkHeap, loadAddon, osPagesOf, partsOf } = require(path.join(root, 'dist', 'inside.js'))

function must(isSo, what) {
  if (!isSo) throw new Error(what)
}

const pages = osPagesOf(loadAddon())
const page = pages.osPageSize
const limit = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'))
const mappings = () => readFileSync('/proc/self/maps', 'latin1').split('\n').length - 1

const heap = new Heap({ decay: 0 })
const LARGE = 40
const large = Array.from({ length: LARGE }, (_, i) => heap.alloc(1_000_000 + i * page))
for (const [i, pointer] of large.entries()) heap.setInt32(pointer, 0, i)
const small = [...heap.allocMany(3000, new Int32Array(400))]

/** A page that was moved is a mapping of its own, and what lies between two of them is another. */
const region = pages.reserve((2 * limit + 8) * page)
const bytes = new Uint8Array(region.buffer)
let moved = 0
function split() {
  const from = 4 * moved * page
  bytes[from] = 1
  if (!region.move(from, page, region, from + 2 * page, page)) return false
  moved++
  return true
}
for (let i = 0; i < 2; i++) globalThis.gc() // both halves of its young generation are there from now on
const before = mappings()
while (split());
must(before + 2 * moved > limit - 50, 'there are as many mappings as there may be')

const mustBeWhole = () => {
  checkHeap(partsOf(heap))
  for (const [i, pointer] of large.entries()) must(heap.getInt32(pointer, 0) === i, `block ${i} keeps its contents`)
}
for (let i = 0; i < LARGE / 2; i++) large[i] = heap.realloc(large[i], 9_000_000)
mustBeWhole()
for (const pointer of large.splice(LARGE / 2)) heap.free(pointer)
heap.purge()
mustBeWhole()
heap.bytes(large[0], 100).fill(0)
heap.compact(() => {})
let refused
try {
  const far = heap.alloc(300e6)
  heap.setInt32(far, 299e6, 1)
  heap.free(far)
} catch (error) {
  must(error.code === 'EBB_OUT_OF_MEMORY' && error.errno === -12, 'a refusal has its code and errno')
  refused = error.code
}
mustBeWhole()
const { failedDiscards } = heap.stats()

region.renew(0, region.byteLength)
const after = mappings()
must(after < before + 400, 'they are one mapping again')
for (const pointer of large) heap.free(pointer)
heap.freeMany(small)
heap.purge()
must(heap.stats().mappedBytes === 0, 'nothing stays')
heap.close()
console.log(JSON.stringify({ limit, before, moved, after, refused, failedDiscards }))
