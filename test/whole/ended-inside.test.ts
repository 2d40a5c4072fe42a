/** A process or a thread that ends in the middle of a call, or inside of a callback of ours, ends as it was told to and harms nobody. */
import { describe, expect, it } from 'vitest'
import { type ChildResult, runChild, said } from '../support/child'

/** What a child has: a heap with holes, so that compact moves much, and collections over it. */
const setup = `
  const { f64, i32, record } = require('./dist/index.js')
  const { bytes, Cache, Dict, HashSet, List, str, value } = require('./dist/collections/index.js')
  const heap = new Heap({ decay: 0 })
  const pointers = Array.from({ length: 9000 }, (_, i) => heap.alloc(i % 3 === 0 ? 700 : 200))
  pointers.forEach((pointer, i) => { if (i % 20 !== 0) heap.free(pointer) })
  const list = new List(heap, f64)
  const dict = new Dict(heap, { key: i32, value: f64 })
  for (let i = 0; i < 2000; i++) { list.push(-i); dict.set(i, i) }
  globalThis.kept = [heap, list, dict, heap.bytes(heap.alloc(2_000_000)).fill(1)]
`

/** Calls that call back: `now` is what they call. */
const CALLBACKS: Record<string, string> = {
  "compact's callback": 'heap.compact(now)',
  onMoved: 'heap.onMoved(now); heap.compact(() => {})',
  'the end of onMoved': 'heap.onMoved(() => {}, now); heap.compact(() => {})',
  onEvict: `const cache = new Cache(heap, { key: i32, value: bytes, maxEntries: 9, onEvict: now })
    for (let i = 0; i < 100; i++) cache.set(i, new Uint8Array(500))`,
  'forEach of a List': 'list.forEach(now)',
  'sort of a List': 'list.sort(now)',
  'forEach of a Dict': 'dict.forEach(now)',
  'a getter of a value': 'new List(heap, value).push({ get a() { return now() } })',
  'a getter of a list of pointers':
    'heap.freeMany([heap.alloc(8)].concat(Object.defineProperty([8], 0, { get: now })))',
}

/** Runs `now` within each callback, in processes of their own. */
const inEach = (now: string): Promise<[string, ChildResult][]> =>
  Promise.all(
    Object.entries(CALLBACKS).map(
      async ([name, call]): Promise<[string, ChildResult]> => [
        name,
        await runChild(`${setup}; const now = () => { ${now} }; ${call}; say('went on')`),
      ],
    ),
  )

describe('inside of a callback', () => {
  it('process.exit ends the process with its code', async () => {
    for (const [name, result] of await inEach('process.exit(9)')) {
      expect([name, result]).toEqual([name, { code: 9, signal: null, stdout: '', stderr: '' }])
    }
  })

  it('an error that nobody catches ends the process with that error', async () => {
    for (const [name, { code, signal, stdout, stderr }] of await inEach('throw new Error("the end")')) {
      expect([name, code, signal, stdout]).toEqual([name, 1, null, ''])
      expect(stderr).toContain('Error: the end')
    }
  })
})

const KEEPS_BUSY: Record<string, string> = {
  'alloc and free': 'heap.free(heap.alloc(i % 3000))',
  'large blocks': 'heap.free(heap.alloc(300_000 + (i % 9) * 100_000))',
  compact: `const other = new Heap()
    const many = [...other.allocMany(200, new Int32Array(2000))]
    other.freeMany(many.filter((_, k) => k % 9 !== 0))
    other.compact(() => {})
    other.close()`,
}

describe.skipIf(process.platform === 'win32')('SIGTERM', () => {
  it('ends a process in the middle of its calls, as it ends any', async () => {
    await Promise.all(
      Object.entries(KEEPS_BUSY).map(async ([name, call]) => {
        const script = `${setup}; say('busy'); for (let i = 0; ; i++) { ${call} }`
        const result = await runChild(script, [], (child) => child.stdout?.once('data', () => child.kill('SIGTERM')))
        expect([name, result]).toEqual([name, { code: null, signal: 'SIGTERM', stdout: '"busy"\n', stderr: '' }])
      }),
    )
  })

  it('handled by a process, lets it close its heaps and end by itself', async () => {
    const result = await runChild(
      `${setup}
      const timer = setInterval(() => { for (let i = 0; i < 1000; i++) heap.free(heap.alloc(i)) }, 1)
      process.once('SIGTERM', () => {
        clearInterval(timer)
        heap.close()
        say(heap.stats().mappedBytes)
      })
      say('busy')`,
      [],
      (child) => child.stdout?.once('data', () => child.kill('SIGTERM')),
    )
    expect(result).toEqual({ code: 0, signal: null, stdout: '"busy"\n0\n', stderr: '' })
  })
})

/** What a worker does until it is terminated. */
const HOT: Record<string, string> = {
  ...KEEPS_BUSY,
  'far blocks': 'heap.free(heap.alloc(250e6))',
  allocZeroed: 'heap.free(heap.allocZeroed(200_000))',
  realloc: 'pointers[0] = heap.realloc(pointers[0], 1000 + (i % 50) * 30_000)',
  'allocMany and freeMany': 'heap.freeMany(heap.allocMany(100, new Int32Array(500)))',
  accessors: 'heap.setFloat64(pointers[0], 8, i); heap.getFloat64(pointers[0], 8)',
  copies: 'heap.copyIn(pointers[0], new Uint8Array(500)); heap.copyOut(pointers[0])',
  texts: 'heap.free(heap.allocString("text ".repeat(i % 500)))',
  views: 'heap.free((heap.bytes(pointers[20], 100).fill(1), heap.alloc(9)))',
  purge: 'for (let k = 0; k < 50; k++) heap.free(heap.alloc(9000)); heap.purge()',
  stats: 'heap.stats()',
  'new and close': 'const other = new Heap(); other.alloc(400_000); other.alloc(20); other.close()',
  'push of a List': 'list.push(i); if (i % 1e5 === 0) list.clear()',
  'set of a Dict': 'dict.set(i, i); if (i % 1e5 === 0) dict.clear()',
  'texts of a Dict': `globalThis.words ??= new Dict(heap, { key: str, value: str })
    words.set('key ' + (i % 3000), 'text '.repeat(i % 90)); words.delete('key ' + ((i * 7) % 3000))`,
  'a HashSet': 'globalThis.numbers ??= new HashSet(heap, i32); numbers.add(i % 9000); numbers.delete((i * 7) % 9000)',
  'a Cache that evicts': `globalThis.cache ??= new Cache(heap, { key: i32, value: bytes, maxBytes: 300_000 })
    cache.set(i % 2000, new Uint8Array(i % 900)); cache.get((i * 7) % 2000)`,
  'insert, remove and sort of a List': 'list.insert(i % 100, i); list.remove(i % 77); if (i % 50 === 0) list.sort()',
  'fields of a record': `globalThis.point ??= record(heap, { x: f64, y: i32 })
    globalThis.at ??= point.alloc()
    point.fields.x.set(at, i); point.fields.y.set(at, point.fields.x.get(at) & 255); point.free(point.alloc())`,
  'allocAligned, pin and unpin': 'const p = heap.allocAligned(5000, 4096); heap.pin(p); heap.unpin(p); heap.free(p)',
  'a walk over blocks': 'let n = 0; for (const block of heap.blocks()) if (n++ > 500) break',
  'blocks of a debug heap': `globalThis.checked ??= new Heap({ debug: true })
    checked.free(checked.alloc(i % 3000)); if (i % 500 === 0) checked.check()`,
}

describe('worker.terminate', () => {
  it('ends a thread in the middle of any hot call, and its memory comes back', async () => {
    const result = await runChild(
      `
      const { Worker } = require('node:worker_threads')
      const { once } = require('node:events')
      const calls = ${JSON.stringify(HOT)}
      const head = 'const { Heap } = require("./dist/index.js"); const { parentPort } = require("node:worker_threads");'
      const setup = ${JSON.stringify(setup)}
      const mine = new Heap()
      const view = mine.bytes(mine.alloc(1_000_000)).fill(7)
      const { mappedBytes } = addon.mappings()
      ;(async () => {
        for (const [name, call] of Object.entries(calls)) {
          const loop = 'for (let i = 0; ; i++) { if (i === 10) parentPort.postMessage("busy"); ' + call + ' }'
          const worker = new Worker(head + setup + loop, { eval: true })
          const exit = once(worker, 'exit')
          await once(worker, 'message')
          await worker.terminate()
          say([name, (await exit)[0], view.every((byte) => byte === 7)])
        }
        for (let turn = 0; turn < 50 && addon.mappings().mappedBytes > mappedBytes; turn++) {
          gc()
          await new Promise(setImmediate)
        }
        say(addon.mappings().mappedBytes - mappedBytes)
      })()`,
      ['--expose-gc'],
    )
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
    const lines = said(result)
    expect(lines.pop()).toBeLessThanOrEqual(0)
    expect(lines).toEqual(Object.keys(HOT).map((name) => [name, 1, true]))
  })
})
