import { describe, expect, it } from 'vitest'
import { type LiveOptions, serve } from '../../lib/live'
import { checkOptions } from '../../lib/live/options'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

describe('options of serve', () => {
  it('have defaults: all heaps, a free port of this machine, ten frames a second', () => {
    expect(checkOptions({})).toEqual({ heaps: undefined, host: '127.0.0.1', port: 0, interval: 100 })
  })

  it('are a heap, for short', () => {
    const { heap } = testHeap()
    expect(checkOptions(heap).heaps).toEqual([heap])
    expect(checkOptions({ heaps: [heap], port: 8080, host: '::1', interval: 50 })).toEqual({
      heaps: [heap],
      host: '::1',
      port: 8080,
      interval: 50,
    })
  })

  it('are refused where they cannot be, with the value and what is allowed', () => {
    const wrong: [unknown, string][] = [
      [5, 'ebb/live: serve needs a heap or options, such as { port: 8080 }, got 5 (number)'],
      [null, 'ebb/live: serve needs a heap or options, such as { port: 8080 }, got null (object)'],
      [{ prot: 1 }, 'ebb/live: "prot" is not an option of serve; there are heaps, host, port, interval'],
      [{ host: '' }, 'ebb/live: option host must be an address of this machine, got "" (string)'],
      [{ port: '80' }, 'ebb/live: option port must be a number, got "80" (string)'],
      [{ port: 65_536 }, 'ebb/live: option port must be a whole number from 0 to 65535, got 65536'],
      [{ interval: 1 }, 'ebb/live: option interval must be a whole number from 20 to 10000, got 1'],
      [{ interval: NaN }, 'ebb/live: option interval must be a whole number from 20 to 10000, got NaN'],
      [{ heaps: {} }, 'ebb/live: option heaps must be an array of heaps, got an object (object)'],
      [{ heaps: [{}] }, 'ebb/live: option heaps must be heaps of this copy of ebb, got an object at 0'],
      [
        [],
        'ebb/live: serve needs a heap, or options with heaps among them, such as { heaps: [heap], port: 8080 }, got an array',
      ],
    ]
    for (const [options, message] of wrong) {
      const error = caught(() => checkOptions(options as LiveOptions))
      expect(error.message).toBe(message)
      expect(error).toBeInstanceOf(/number from/.test(message) ? RangeError : TypeError)
    }
  })

  it('name no closed heap: its page would be empty', () => {
    const { heap } = testHeap()
    heap.close()
    for (const options of [heap, { heaps: [heap] }]) {
      expect(caught(() => checkOptions(options))).toMatchObject({
        code: 'EBB_CLOSED',
        message: 'ebb: serve on a closed heap; make a new Heap, or close this one later',
      })
    }
  })

  it('do not stand behind a heap', async () => {
    const serveAnyhow = serve as (...given: unknown[]) => Promise<unknown>
    const message = /such as \{ heaps: \[heap\], port: 8080 \}, got an object behind them$/
    await expect(serveAnyhow(testHeap().heap, { port: 8080 })).rejects.toThrow(message)
  })
})
