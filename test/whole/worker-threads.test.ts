/** A heap belongs to the thread that made it; threads share nothing but the process's counts. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Heap } from '../../lib/heap/heap'
import { loadAddon } from '../../lib/os/native-binding'

const built = createRequire(__filename).resolve('../../dist/index.js')
const head = `const { Heap } = require(${JSON.stringify(built)}); const { parentPort } = require('node:worker_threads');`
const start = (script: string): Worker => new Worker(head + script, { eval: true })

/** What is mapped by the process, when finalizers have run. */
async function mappedBytes(atMost: number): Promise<number> {
  for (let turn = 0; turn < 50 && loadAddon().mappings().mappedBytes > atMost; turn++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  return loadAddon().mappings().mappedBytes
}

describe('heaps in worker threads', () => {
  it('work side by side, each with its own books', async () => {
    const script = `
      const heap = new Heap({ decay: 0 })
      const live = []
      let seed = SEED
      let wrong = 0
      for (let i = 0; i < 30000; i++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
        if (seed % 3 !== 0 || live.length === 0) {
          const pointer = heap.alloc(8 + (seed >>> 8) % 3000)
          heap.setUint32(pointer, 4, pointer ^ SEED)
          live.push(pointer)
        } else {
          const pointer = live.splice((seed >>> 8) % live.length, 1)[0]
          if (heap.getUint32(pointer, 4) !== ((pointer ^ SEED) >>> 0)) wrong++
          heap.free(pointer)
        }
      }
      for (const pointer of live) heap.free(pointer)
      heap.purge()
      parentPort.postMessage({ wrong, blocks: heap.stats().blocks, mapped: heap.stats().mappedBytes })`
    const answers = await Promise.all(
      [1, 2, 3].map(async (seed) => (await once(start(script.replaceAll('SEED', String(seed))), 'message'))[0]),
    )
    for (const answer of answers) expect(answer).toEqual({ wrong: 0, blocks: 0, mapped: 0 })
  })

  it('give all of their memory back when the thread ends, however it ends', async () => {
    const before = await mappedBytes(0)
    const setup = `
      globalThis.heap = new Heap()
      heap.allocMany(5000, new Int32Array(500))
      heap.free(heap.alloc(9e6))
      globalThis.views = [100, 9e6, 250e6].map((bytes) => heap.bytes(heap.alloc(bytes)))
      for (const view of views) view[0] = 1`
    for (const end of ['', 'process.exit(2)', 'throw new Error("the end")', 'parentPort.on("message", () => {})']) {
      const worker = start(`${setup}; parentPort.postMessage('up'); ${end}`)
      worker.on('error', () => {})
      const exit = once(worker, 'exit')
      await once(worker, 'message').catch(() => {})
      if (end.startsWith('parentPort')) await worker.terminate()
      await exit.catch(() => {})
    }
    expect(await mappedBytes(before)).toBe(before)
  })

  it("do not touch the main thread's heap", async () => {
    const heap = new Heap()
    const pointer = heap.alloc(4000)
    heap.bytes(pointer).fill(7)
    await once(start('const heap = new Heap(); heap.bytes(heap.alloc(4000)).fill(9)'), 'exit')
    expect(heap.bytes(pointer).every((byte) => byte === 7)).toBe(true)
    heap.close()
  })
})
