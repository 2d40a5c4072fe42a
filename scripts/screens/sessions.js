'use strict'
// The program of the screens in docs/cli.md: a burst of sessions of which one in a hundred stays, a cache near its limit, and jobs whose
// memory is kept for long. With the argument `stay` it goes on until it is ended.
const { Heap } = require('../../dist/index.js')

const sessions = new Heap({ name: 'sessions' })
const cache = new Heap({ name: 'cache', limit: 48 * 2 ** 20 })
const jobs = new Heap({ name: 'jobs', decay: 30_000 })
const wait = (ms) => new Promise((done) => setTimeout(done, ms))

/** Allocates blocks and writes into each, so that they are resident. */
function fill(heap, count, bytes) {
  return Array.from({ length: count }, (_, i) => {
    const block = heap.alloc(bytes)
    heap.setUint32(block, 0, i)
    return block
  })
}

async function main() {
  fill(cache, 150_000, 256)
  await wait(200)
  const open = []
  for (let turn = 0; turn < 20; turn++) {
    open.push(...fill(sessions, 20_000, 256))
    await wait(40)
  }
  jobs.freeMany(fill(jobs, 100_000, 128))
  await wait(300)
  open.forEach((session, i) => {
    if (i % 100 !== 0) sessions.free(session)
  })
  await wait(2000)
  if (process.argv[2] === 'stay') setInterval(() => sessions.blocks(), 1000)
}

main()
