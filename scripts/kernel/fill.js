'use strict'
// A process that writes to blocks of a MiB until it is refused, or has so many. Arguments: how many, and the limit of its heap in MiB; 0: none.
// In a control group that is full the kernel kills it amid a write: nothing is refused, and no error can tell. A heap's limit does.
const path = require('node:path')

const { Heap } = require(path.join(__dirname, '..', '..', 'dist', 'index.js'))
const MIB = 2 ** 20
const most = Number(process.argv[2])
const limit = Number(process.argv[3]) * MIB
const heap = new Heap(limit > 0 ? { limit } : {})
const bytes = new Uint8Array(MIB).fill(7)
const live = []

/** The code of what is thrown; undefined: nothing is. */
function take() {
  try {
    const pointer = heap.alloc(MIB)
    heap.copyIn(pointer, bytes)
    live.push(pointer)
    return undefined
  } catch (error) {
    return error.code
  }
}

let refused
while (live.length < most && refused === undefined) refused = take()
const blocks = live.length
for (const pointer of live.splice(0, 10)) heap.free(pointer)
const again = take() ?? 'served'
console.log(JSON.stringify({ refused, blocks, again }))
