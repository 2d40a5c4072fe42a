'use strict'
// A process that takes memory until it is refused, under whatever limit it was started with. Arguments: bytes of a block, and how many
// blocks at most. It says what became of it in a line of JSON, and ends with 0 unless something is wrong.
const path = require('node:path')

const root = path.join(__dirname, '..', '..')
const say = (value) => console.log(JSON.stringify(value))

/** An error that a caller can act on; all others are thrown. */
function named(error) {
  const { code, errno, syscall, message } = error
  if (code !== 'EBB_OUT_OF_MEMORY' && code !== 'EBB_LIMIT') throw error
  return { code, errno, syscall, message }
}

/** What a call throws, as a caller sees it; undefined: it does not. */
function refusal(call) {
  try {
    call()
    return undefined
  } catch (error) {
    return named(error)
  }
}

function must(isSo, what) {
  if (!isSo) throw new Error(what)
}

const { Heap } = require(path.join(root, 'dist', 'index.js'))
const { checkHeap, partsOf } = require(path.join(root, 'dist', 'inside.js'))
const blockBytes = Number(process.argv[2])
const most = Number(process.argv[3])

/** Takes blocks, each with its number at both ends, until one is refused. */
function take(heap, live) {
  while (live.length < most) {
    const refused = refusal(() => {
      const pointer = heap.alloc(blockBytes)
      heap.setInt32(pointer, 0, live.length)
      heap.setInt32(pointer, blockBytes - 4, live.length)
      live.push(pointer)
    })
    if (refused !== undefined) return refused
  }
  return undefined
}

function mustBeWhole(heap, live) {
  checkHeap(partsOf(heap))
  must(heap.stats().blocks === live.length, 'blocks are counted')
  for (const [i, pointer] of live.entries()) {
    must(
      heap.getInt32(pointer, 0) === i && heap.getInt32(pointer, blockBytes - 4) === i,
      `block ${i} keeps its contents`,
    )
  }
}

function session() {
  let heap
  const live = []
  const atStart = refusal(() => {
    heap = new Heap()
    live.push(heap.alloc(blockBytes))
    heap.setInt32(live[0], 0, 0)
    heap.setInt32(live[0], blockBytes - 4, 0)
  })
  if (atStart !== undefined) return { ...atStart, blocks: 0 }
  const refused = take(heap, live)
  mustBeWhole(heap, live)
  if (refused === undefined) return { blocks: live.length }
  const blocks = live.length
  // What is refused once is refused again, and what is free is served.
  must(refusal(() => heap.allocZeroed(2 * blockBytes)) !== undefined || blocks === most, 'there is no more')
  mustBeWhole(heap, live)
  const grown = refusal(() => heap.realloc(live[0], 3 * blockBytes))
  must(grown !== undefined, 'a block cannot grow where there is no more')
  mustBeWhole(heap, live)
  heap.compact(() => {})
  heap.purge()
  if (live.length > 1) {
    heap.free(live.pop())
    must(refusal(() => live.push(heap.alloc(blockBytes))) === undefined, 'what was free is there again')
    heap.setInt32(live.at(-1), 0, live.length - 1)
    heap.setInt32(live.at(-1), blockBytes - 4, live.length - 1)
  }
  mustBeWhole(heap, live)
  // The engine has room of its own still.
  const objects = Array.from({ length: 200_000 }, (_, i) => ({ i }))
  must(objects.length === 200_000, 'there are objects')
  for (const pointer of live) heap.free(pointer)
  heap.purge()
  must(heap.stats().mappedBytes === 0, 'nothing stays')
  heap.close()
  return { ...refused, blocks }
}

say(session())
