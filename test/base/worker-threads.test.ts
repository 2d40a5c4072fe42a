import * as imported from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { workerThreads } from '../../lib/base/worker-threads'
import { runChild, said } from '../support/child'

describe('node:worker_threads', () => {
  it('is the module, and not loaded with ebb', async () => {
    expect(workerThreads().threadId).toBe(imported.threadId)
    expect(workerThreads().Worker).toBe(imported.Worker)
    const result = await runChild(`
      new Heap().alloc(48)
      say(process.moduleLoadList.filter((name) => /NativeModule (worker_threads|perf_hooks|stream)$/.test(name)))`)
    expect([said(result), result.stderr]).toEqual([[[]], ''])
  })
})
