/** The request streams of real programs, every byte of every block filled and read back. */
import { describe, expect, it } from 'vitest'
import { checkedEbb, replayChecked } from '../../bench/traces/replay'
import { readTrace, traceNames } from '../../bench/traces/trace'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { ManualClock } from '../support/manual-clock'

describe('the committed traces', () => {
  it('are the six of bench/traces/data', () => {
    expect(traceNames()).toEqual(['ast', 'calculator', 'groupby', 'json', 'requests', 'simulation'])
  })

  for (const [index, name] of traceNames().entries()) {
    it(`${name}: every byte intact, no block left, no arena left after purge`, () => {
      const clock = new ManualClock()
      const heap = new Heap({ clock, decay: [1000, Infinity, 1000, 0][index % 4] as number })
      const trace = readTrace(name)
      const interval = Math.ceil(trace.operations / 12)
      const counts = replayChecked(
        trace,
        checkedEbb(heap),
        () => {
          clock.advance(300)
          checkHeap(partsOf(heap))
        },
        interval,
      )
      expect(counts.operations).toBe(trace.operations)
      expect(counts.bytesChecked).toBeGreaterThan(trace.peakLiveBytes)
      expect(heap.stats()).toMatchObject({ blocks: 0, liveBytes: 0 })
      heap.purge()
      expect(heap.stats()).toMatchObject({ arenas: 0, mappedBytes: 0, residentBytes: 0 })
      heap.close()
    })
  }
})
