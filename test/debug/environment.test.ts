import { describe, expect, it } from 'vitest'
import { debugByEnvironment } from '../../lib/debug/environment'
import { runChild, said } from '../support/child'

describe('EBB_DEBUG', () => {
  it('says what a debug heap does otherwise', () => {
    expect(debugByEnvironment({})).toEqual({})
    expect(debugByEnvironment({ EBB_DEBUG: '1' })).toEqual({})
    expect(debugByEnvironment({ EBB_DEBUG: 'leaks, stacks=100,quarantine=1e6,noidle' })).toEqual({
      leaks: 'exit',
      stacks: 100,
      quarantine: 1e6,
      idle: false,
    })
    expect(debugByEnvironment({ EBB_DEBUG: 'noleaks,frames=3' })).toEqual({ leaks: 'ignore', frames: 3 })
    expect(() => debugByEnvironment({ EBB_DEBUG: 'yes' })).toThrow(/EBB_DEBUG knows 1, leaks, .* got "yes"/)
    for (const word of ['stacks', 'stacks=', 'stacks=-1', 'quarantine=1M'])
      expect(() => debugByEnvironment({ EBB_DEBUG: `leaks,${word}` })).toThrow(`got "${word}"`)
  })

  it('makes every heap of a process a debug heap, whose code is not loaded without it', async () => {
    const script = `
      const loaded = () => Object.keys(require.cache).some((file) => /dist.debug.index\\.js$/.test(file))
      const before = loaded()
      const heap = new Heap()
      say([before, heap.constructor.name, loaded()])
      new Heap({ debug: false, profile: true }).close()
      say(loaded())`
    expect(said(await runChild(script))).toEqual([[false, 'Heap', false], true])
    process.env.EBB_DEBUG = '1'
    try {
      expect(said(await runChild(script))).toEqual([[false, 'DebugHeap', true], true])
    } finally {
      delete process.env.EBB_DEBUG
    }
  })

  it('reports what is live at exit', async () => {
    const script = `
      function forget(heap) { return heap.alloc(48) }
      const heap = new Heap({ name: 'sessions', debug: { leaks: 'exit' } })
      forget(heap)
      new Heap({ debug: { leaks: 'exit' } })`
    const { code, stderr } = await runChild(script)
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^ebb: live at exit in heap "sessions": 1 block of 48 bytes\n {2}1 block, 48 bytes: forget \(/,
      ),
    ])
    expect(stderr.match(/live at exit/g)).toHaveLength(1)
  })
})
