'use strict'
// What scripts/drive-native.js runs under valgrind, on Node: each function of the addon as the library calls it, in the main thread and in one
// that is terminated. Argument: the folder of the package. Started with --expose-gc.
const assert = require('node:assert/strict')
const path = require('node:path')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

const folder = isMainThread ? path.resolve(process.argv[2]) : workerData
const { Heap, record, i32, f64 } = require(folder)
const { Dict, List, str } = require(path.join(folder, 'dist', 'collections'))

const turn = () => new Promise(setImmediate)

/** Blocks of all kinds, filled, resized, looked at and freed. */
function blocks(options) {
  const heap = new Heap(options)
  const sizes = Array.from({ length: 60 }, (_, i) => 1 + ((i * 9973) % 3) * ((i * 977) % 90_000) + (i % 500))
  let pointers = sizes.map((size, i) => {
    const pointer = i % 2 === 0 ? heap.alloc(size) : heap.allocZeroed(size)
    heap.setUint8(pointer, size - 1, i)
    return pointer
  })
  pointers = pointers.map((pointer, i) => heap.realloc(pointer, sizes[i] * ((i % 3) + 1)))
  for (const [i, pointer] of pointers.entries()) assert.equal(heap.getUint8(pointer, sizes[i] - 1), i)
  const large = heap.realloc(heap.alloc(300_000), 3_000_000)
  heap.copyIn(large, Buffer.alloc(3_000_000, 'ebb'))
  assert.equal(Buffer.from(heap.copyOut(large)).toString('latin1', 0, 6), 'ebbebb')
  assert.equal(heap.bytes(large, 3_000_000).length, 3_000_000)
  heap.buffer(pointers[0])[0] = 1
  for (const text of ['plain', 'Grüße aus dem Watt', 'x'.repeat(5000), '\u{1f30a}'.repeat(2000)]) {
    const pointer = heap.allocString(text)
    assert.equal(heap.readString(pointer), text)
    assert.ok(heap.equalsString(pointer, text))
    heap.free(pointer)
  }
  heap.pin(large)
  for (const pointer of pointers.filter((_, i) => i % 3 > 0)) heap.free(pointer)
  if (!('check' in heap)) heap.compact(() => undefined)
  heap.unpin(large)
  assert.ok(heap.residentBytes() > 3_000_000)
  heap.purge()
  heap.stats()
  heap.close()
}

function collections() {
  const heap = new Heap()
  const dict = new Dict(heap, { key: str, value: f64 })
  const list = new List(heap, str)
  for (let i = 0; i < 300; i++) {
    dict.set(`key ${i}`, i)
    list.push(`element ${i}`)
  }
  assert.equal(dict.get('key 299'), 299)
  const point = record(heap, { x: i32, y: f64 })
  assert.equal(point.toObject(point.fromObject({ x: 7, y: 1 })).x, 7)
  dict.clear()
  list.clear()
  heap.close()
}

async function main() {
  blocks({ decay: 0 })
  blocks({})
  blocks({ debug: { stacks: 0, quarantine: 1e5, leaks: 'ignore' } })
  collections()
  if (!isMainThread) {
    const heap = new Heap()
    heap.bytes(heap.alloc(400_000)).fill(1)
    parentPort.postMessage('ready')
    setInterval(() => blocks({}), 1)
    return
  }
  const worker = new Worker(__filename, { workerData: folder })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  for (let i = 0; i < 2; i++) {
    globalThis.gc()
    await turn()
  }
  console.log('reached its end')
}

void main()
