/**
 * What Node's own threads still read and write when a block is given back: its addresses stay mapped until the last ArrayBuffer over it is
 * collected, and nobody else gets them before.
 */
import { describe, expect, it } from 'vitest'
import { runChild, said } from '../support/child'

const MIB = 2 ** 20
const ENDS = ['free', 'free with decay 0', 'purge', 'realloc', 'close']
const canTransfer = 'transfer' in ArrayBuffer.prototype

/** A function of a child: whether a byte of each page has the value. */
const look = `
  const isAll = (bytes, value) => {
    for (let i = 0; i < bytes.length; i += 4096) if (bytes[i] !== value) return false
    return true
  }
`

/** Functions of a child: `start` begins five jobs on a view, in the thread pool, and says how each ends. */
const jobs = `
  process.env.UV_THREADPOOL_SIZE = '8'
  const { randomFill, subtle } = require('node:crypto')
  const { createDeflate } = require('node:zlib')
  const { promisify } = require('node:util')
  const fs = require('node:fs')
  function start(view, file) {
    const fd = fs.openSync(file, 'r+')
    const deflate = createDeflate({ level: 0, chunkSize: 2 ** 20 })
    deflate.resume()
    const written = new Promise((resolve) => fs.write(fd, view, 0, view.length, 0, (error, bytes) => resolve(error ?? bytes)))
    const read = new Promise((resolve) => fs.read(fd, view, 0, view.length, 0, (error, bytes) => resolve(error ?? bytes)))
    return Promise.all([
      promisify(randomFill)(view).then((filled) => filled.length),
      new Promise((resolve) => deflate.write(view, () => resolve(view.length))),
      read,
      written,
      subtle.digest('SHA-256', view).then(() => view.length),
    ]).finally(() => fs.closeSync(fd))
  }
`

/** Makes the file that the jobs read and write, as long as the block and sparse. */
const file = (bytes: number): string => `
  const { mkdtempSync, rmSync, truncateSync, writeFileSync } = require('node:fs')
  const folder = mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'ebb-in-flight-'))
  process.on('exit', () => rmSync(folder, { recursive: true }))
  const file = require('node:path').join(folder, 'bytes')
  writeFileSync(file, '')
  truncateSync(file, ${bytes})
`

describe.each([20, 300])('jobs on a block of %i MiB', (mib) => {
  const bytes = mib * MIB

  it('end well however the block is given back, and reach nobody else', async () => {
    const result = await runChild(`${look} ${jobs} ${file(bytes)}
      const giveBack = {
        free: (heap, pointer) => heap.free(pointer),
        'free with decay 0': (heap, pointer) => heap.free(pointer),
        purge: (heap, pointer) => { heap.free(pointer); heap.purge() },
        realloc: (heap, pointer) => heap.free(heap.realloc(pointer, ${2 * bytes})),
        close: (heap) => heap.close(),
      }
      async function run(end) {
        const heap = new Heap({ decay: end === 'free' ? 1000 : 0 })
        const other = new Heap()
        const pointer = heap.alloc(${bytes})
        const view = heap.bytes(pointer)
        const done = start(view, file)
        await new Promise((resolve) => setTimeout(resolve, 5))
        giveBack[end](heap, pointer)
        const others = other.bytes(other.alloc(${bytes})).fill(7)
        const ended = await done
        const isOthers = isAll(others, 7)
        view.fill(1)
        other.close()
        heap.close()
        say([end, ended, view.length, isOthers])
      }
      (async () => { for (const end of ${JSON.stringify(ENDS)}) await run(end) })()
    `)
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
    const all = Array(5).fill(bytes)
    expect(said(result)).toEqual(ENDS.map((end) => [end, all, bytes, true]))
  })

  it('end well when their thread does, which has given the block back or not', async () => {
    const result = await runChild(`${look} ${file(bytes)}
      const { Worker } = require('node:worker_threads')
      const { once } = require('node:events')
      const script = (end) => ${JSON.stringify(jobs)} + \`
        const { Heap } = require('\${require.resolve('./dist/index.js')}')
        const heap = new Heap({ decay: 0 })
        const pointer = heap.alloc(${bytes})
        start(heap.bytes(pointer), '\${file}').catch(() => {})
        setTimeout(() => { \${end}; require('node:worker_threads').parentPort.postMessage('up') }, 5)\`
      ;(async () => {
        for (const end of ['', 'heap.free(pointer)', 'setImmediate(() => process.exit(2))', 'heap.close(); for (;;);']) {
          const worker = new Worker(script(end), { eval: true, stderr: true })
          const exit = once(worker, 'exit')
          if (!end.endsWith('for (;;);')) await once(worker, 'message')
          else await new Promise((resolve) => setTimeout(resolve, 100))
          await worker.terminate()
          await exit
          const heap = new Heap()
          const view = heap.bytes(heap.alloc(${bytes})).fill(7)
          say([end, isAll(view, 7)])
          heap.close()
        }
      })()
    `)
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(said(result).map((line) => (line as unknown[])[1])).toEqual([true, true, true, true])
  })
})

describe.runIf(canTransfer)('memory that was transferred to another thread', () => {
  it.each([
    ['of an arena', 1000],
    ['of a large block', 20 * MIB],
    ['of a shelved block', 300 * MIB],
  ])('%s reads zero when the thread that had the heap has ended, and nobody else gets it', async (_, bytes) => {
    const result = await runChild(
      `${look}
      const { Worker } = require('node:worker_threads')
      const { once } = require('node:events')
      const script = \`
        const { Heap } = require('\${require.resolve('./dist/index.js')}')
        const { parentPort } = require('node:worker_threads')
        globalThis.heap = new Heap()
        const view = heap.bytes(heap.alloc(${bytes})).fill(3)
        heap.bytes(heap.alloc(100_000)).fill(4)
        const { byteOffset, length } = view
        const moved = view.buffer.transfer()
        parentPort.postMessage([moved, byteOffset, length], [moved])\`
      ;(async () => {
        const kept = []
        for (let round = 0; round < 3; round++) {
          const worker = new Worker(script, { eval: true })
          const exit = once(worker, 'exit')
          const [[buffer, byteOffset, length]] = await once(worker, 'message')
          await exit
          const heap = new Heap()
          const others = heap.bytes(heap.alloc(${bytes})).fill(9)
          const view = new Uint8Array(buffer, byteOffset, length)
          const isZero = isAll(view, 0)
          new Uint8Array(buffer).fill(5)
          say([length, isZero, isAll(others, 9)])
          heap.close()
          if (round > 0) kept.push(buffer)
          for (let turn = 0; turn < 5; turn++) { gc(); await new Promise(setImmediate) }
        }
        say(kept.every((buffer) => isAll(new Uint8Array(buffer), 5)))
      })()
    `,
      ['--expose-gc'],
    )
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
    const lines = said(result) as [number, boolean, boolean][]
    expect(lines.pop()).toBe(true)
    expect(lines.every(([length, ...rest]) => length >= bytes && rest.every(Boolean))).toBe(true)
    expect(lines.length).toBe(3)
  })
})
