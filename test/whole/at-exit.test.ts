/** However a process ends, live heaps do not turn its end into a crash. */
import { describe, expect, it } from 'vitest'
import { runChild, said } from '../support/child'

const heaps = `
  const heaps = [new Heap(), new Heap({ decay: 0 }), new Heap({ decay: Infinity })]
  const views = heaps.map((heap) => {
    heap.allocMany(100, new Int32Array(5000))
    heap.free(heap.alloc(3_000_000))
    return heap.bytes(heap.alloc(2_000_000)).fill(1)
  })
  globalThis.kept = [heaps, views]
`

describe('a process with live heaps', () => {
  it('ends by process.exit with the given code', async () => {
    expect(await runChild(`${heaps} process.exit(7)`)).toMatchObject({ code: 7, signal: null, stderr: '' })
  })

  it('ends by process.exit from an exit handler that uses the heap', async () => {
    const result = await runChild(`${heaps}
      process.on('exit', () => {
        heaps[0].free(heaps[0].alloc(100))
        say(heaps[0].stats().blocks)
        heaps[1].close()
      })
      process.exit(3)`)
    expect(result).toMatchObject({ code: 3, signal: null, stderr: '' })
    expect(said(result)).toEqual([5001])
  })

  it('ends by an uncaught error with that error', async () => {
    const result = await runChild(`${heaps} setImmediate(() => { throw new Error('the end') })`)
    expect(result).toMatchObject({ code: 1, signal: null })
    expect(result.stderr).toContain('Error: the end')
  })

  it("ends by a heap's own error with its message and code", async () => {
    const result = await runChild(`${heaps} heaps[0].free(77)`)
    expect(result).toMatchObject({ code: 1, signal: null })
    expect(result.stderr).toContain('HeapError: ebb: free(0x4d): nothing is mapped there')
    expect(result.stderr).toContain("code: 'EBB_INVALID_POINTER'")
  })

  it('ends when its work is done', async () => {
    expect(await runChild(heaps)).toMatchObject({ code: 0, signal: null, stderr: '' })
  })

  it('ends while a worker thread still uses its own heap', async () => {
    const result = await runChild(`
      const { Worker } = require('node:worker_threads')
      const worker = new Worker(\`
        const { Heap } = require(\${JSON.stringify(require.resolve(${JSON.stringify('./dist/index.js')}))})
        const heap = new Heap()
        require('node:worker_threads').parentPort.postMessage('up')
        for (;;) heap.free(heap.alloc(5000))
      \`, { eval: true })
      worker.once('message', () => process.exit(5))
    `)
    expect(result).toMatchObject({ code: 5, signal: null, stderr: '' })
  })
})
