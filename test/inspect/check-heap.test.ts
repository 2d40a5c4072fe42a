/** Each check is shown to fail on books that contradict themselves. */
import { describe, expect, it } from 'vitest'
import {
  type Pointer,
  type PoolIndex,
  poolOf,
  recordOf,
  type SizeClass,
  type Slot,
  slotOf,
} from '../../lib/base/layout'
import * as L from '../../lib/books/ledger'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import * as checks from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

interface Sound {
  readonly heap: Heap
  /** The arena that all small blocks are in. */
  readonly slot: Slot
  readonly ledger: Int32Array
  /** Pool of a used run of one pool, of a used run of several, and of a free pool that was discarded. */
  readonly used: number
  readonly long: number
  readonly clean: number
  readonly pinned: Pointer
  readonly large: Pointer
}

function soundHeap(): Sound {
  const { heap } = testHeap()
  const used = heap.alloc(100)
  const long = heap.alloc(2600)
  const pinned = heap.alloc(300)
  heap.pin(pinned)
  const large = heap.alloc(1e6)
  const [a, b] = [heap.alloc(4096), heap.alloc(4096)]
  heap.free(a)
  heap.purge()
  heap.free(b)
  partsOf(heap).magazines.releaseAll()
  const slot = slotOf(used)
  return {
    heap,
    slot,
    ledger: partsOf(heap).table.ledger(slot),
    used: recordOf(poolOf(used)),
    long: recordOf(poolOf(long)),
    clean: poolOf(a),
    pinned,
    large,
  }
}

/** The run whose record starts at a word of the ledger. */
const runAt = ({ slot }: Sound, record: number): Pointer => ((slot << 14) | (record << 4)) as Pointer

const corruptions: [name: string, check: keyof typeof checks, RegExp, (sound: Sound) => void][] = [
  [
    'an arena in the wrong bucket',
    'arenasAreInTheirBuckets',
    /is in bucket \d+ with 3 free/,
    (s) => (s.ledger[L.A_FREE_POOLS] = 3),
  ],
  [
    'an arena in no bucket',
    'arenasAreInTheirBuckets',
    /arena \d+ with \d+ free pools/,
    (s) => partsOf(s.heap).arenas.usable.clear(),
  ],
  [
    'a free count that is not the map',
    'poolsAddUp',
    /counts \d+ free pools, its map/,
    (s) => s.ledger[L.A_FREE_POOLS]!--,
  ],
  [
    'a pool in use that is free',
    'poolsAddUp',
    /free pools and \d+ in use|counts/,
    (s) => (s.ledger[s.long + L.LENGTH] = 6),
  ],
  [
    'a free ledger',
    'poolsAddUp',
    /has \d+ free pools and|the ledger of arena \d+ is free/,
    (s) => {
      s.ledger[L.A_FREE_LOW]! |= 1
      s.ledger[L.A_FREE_POOLS]! += 1
    },
  ],
  [
    'a count that is not the bits',
    'usedPoolsAreLinked',
    /has 1 live blocks, 2 are counted as taken/,
    (s) => partsOf(s.heap).table.map.setTaken(runAt(s, s.used), 2),
  ],
  [
    'a live bit too many',
    'usedPoolsAreLinked',
    /has 2 live blocks, 1 are counted as taken/,
    (s) => partsOf(s.heap).table.map.set((runAt(s, s.used) + 7) as Pointer),
  ],
  [
    'a pool whose frees go to the wrong magazine',
    'usedPoolsAreLinked',
    /sends frees in pool \d+ to magazine 9/,
    (s) => partsOf(s.heap).table.map.setMagazine(runAt(s, s.used), 9),
  ],
  [
    'a run in use without a block',
    'usedPoolsAreLinked',
    /without a live block/,
    (s) => {
      partsOf(s.heap).table.map.clear(runAt(s, s.long))
      partsOf(s.heap).table.map.setTaken(runAt(s, s.long), 0)
    },
  ],
  ['a used run in no list', 'usedPoolsAreLinked', /is linked as undefined/, (s) => partsOf(s.heap).used.clear()],
  [
    'a used run in the list of another class',
    'usedPoolsAreLinked',
    /is linked (as \d+|twice)/,
    (s) => {
      partsOf(s.heap).used.clear()
      partsOf(s.heap).used.link(9 as SizeClass, runAt(s, s.used))
    },
  ],
  [
    'a list with a run that is free',
    'usedPoolsAreLinked',
    /1 runs are linked that are not in use/,
    (s) => partsOf(s.heap).used.link(5 as SizeClass, runAt(s, 60 << 4)),
  ],
  [
    'a pool of a run that does not point back',
    'usedPoolsAreLinked',
    /does not point back/,
    (s) => (s.ledger[s.long + 16 + L.CLASS] = -7),
  ],
  [
    'mapped bytes that are not the sum',
    'statisticsAddUp',
    /add up to \d+, mapped are/,
    (s) => (partsOf(s.heap).budget.mappedBytes += 1),
  ],
  [
    'a pool in use too many counted',
    'countsAreTrue',
    /class 7 has 1 pools in use, 2 counted/,
    (s) => partsOf(s.heap).table.counts.addPools(7, 1),
  ],
  [
    'a block taken too few counted',
    'countsAreTrue',
    /class 7 has 1 blocks taken, 0 counted/,
    (s) => partsOf(s.heap).table.counts.addTaken(7, -1),
  ],
  [
    'a dirty pool too many counted',
    'countsAreTrue',
    /are dirty, \d+ counted/,
    (s) => partsOf(s.heap).table.counts.addDirty(1),
  ],
  [
    'a dirty pool in use',
    'dirtyPoolsAreFree',
    /dirty pools in use/,
    (s) => (s.ledger[L.A_DIRTY_LOW]! |= 1 << (s.used >> 4)),
  ],
  [
    'dirty pools that nobody will discard',
    'dirtyPoolsAreFree',
    /the purger does not know of/,
    (s) => (s.ledger[L.A_IS_LISTED] = 0),
  ],
  [
    'a slot in use that nothing is in',
    'slotsAreAccountedFor',
    /slot 7 is neither an arena nor a large block/,
    (s) => partsOf(s.heap).table.own.add(7 as Slot),
  ],
  [
    'a large block that is not live',
    'slotsAreAccountedFor',
    /large block \d+ is not live/,
    (s) => partsOf(s.heap).table.map.clear(s.large),
  ],
  [
    'a ledger in the wrong slot',
    'slotsAreAccountedFor',
    /holds the ledger of another/,
    (s) => (s.ledger[L.A_SLOT] = 2),
  ],
  [
    'an arena that is not counted',
    'slotsAreAccountedFor',
    /1 arenas in the table, 0 counted/,
    (s) => partsOf(s.heap).table.arenas--,
  ],
  [
    'a large block that is not counted',
    'slotsAreAccountedFor',
    /1 large blocks in the table, 2 counted/,
    (s) => partsOf(s.heap).large.count++,
  ],
  [
    'a large block with another length',
    'slotsAreAccountedFor',
    /has 1003520 bytes, 9 pools are noted/,
    (s) => partsOf(s.heap).table.map.setTaken(s.large, 9),
  ],
  [
    'a large block that is freed to the wrong magazine',
    'slotsAreAccountedFor',
    /is freed to magazine 3/,
    (s) => partsOf(s.heap).table.map.setMagazine(s.large, 3),
  ],
  [
    'a pin that its run does not count',
    'pinsAreLive',
    /counts 1 pinned blocks/,
    (s) => partsOf(s.heap).pins.delete(s.pinned),
  ],
  // Last, because the bit stays when the heap closes.
  [
    'a live bit in the middle of a large block',
    'slotsAreAccountedFor',
    /2 blocks are live in the slots of large block/,
    (s) => partsOf(s.heap).table.map.set((s.large + (2 << 14)) as Pointer),
  ],
]

const byName: Record<string, unknown> = { ...checks }

describe('checkHeap', () => {
  it('finds nothing wrong with sound books', () => {
    checks.checkHeap(partsOf(soundHeap().heap))
  })

  for (const [name, check, message, corrupt] of corruptions) {
    it(`finds ${name}`, () => {
      const sound = soundHeap()
      corrupt(sound)
      const error = caught(() => (byName[check] as (parts: unknown) => void)(partsOf(sound.heap)))
      expect(error.code).toBe('EBB_CORRUPT')
      expect(error.message).toMatch(message)
      expect(error.message).toMatch(/^ebb: the books contradict themselves: /)
      expect(caught(() => checks.checkHeap(partsOf(sound.heap))).code).toBe('EBB_CORRUPT')
    })
  }

  it('poolsIn lists the set bits of a map', () => {
    expect(checks.poolsIn((1 << 3) | (1 << 31), 1)).toEqual([3, 31, 32] as PoolIndex[])
  })
})
