import { describe, expect, it } from 'vitest'
import { countBits } from '../../lib/base/bits'
import { MEDIUM_MAX_BYTES, POOL_BYTES, RUN_LOSS_MAX, type SizeClass, SMALL_MAX_BYTES } from '../../lib/base/layout'
import {
  BLOCK_BYTES,
  blockBytesOf,
  RUN_BLOCKS,
  runPoolsOf,
  START_BITS,
  sizeClassOf,
  WHOLE_RUN,
} from '../../lib/base/size-classes'

describe('sizeClassOf', () => {
  it('gives every request the smallest class that holds it', () => {
    for (let size = 0; size <= MEDIUM_MAX_BYTES; size++) {
      const sizeClass = sizeClassOf(size)
      const below = BLOCK_BYTES[sizeClass - 1] as number
      if (blockBytesOf(sizeClass) < size || (size > 0 && below >= size)) expect([size, sizeClass]).toEqual([size, -1])
    }
    expect([sizeClassOf(0), sizeClassOf(1), sizeClassOf(512), sizeClassOf(513)]).toEqual([1, 1, 32, 33])
    expect(sizeClassOf(MEDIUM_MAX_BYTES)).toBe(WHOLE_RUN - 1)
  })

  it('wastes less than a granule of small requests and at most a fifth of medium ones', () => {
    for (let size = 1; size <= MEDIUM_MAX_BYTES; size++) {
      const waste = blockBytesOf(sizeClassOf(size)) - size
      if (size <= SMALL_MAX_BYTES ? waste >= 16 : waste / (size + waste) > 0.2) expect([size, waste]).toEqual([size, 0])
    }
  })
})

describe('runs', () => {
  it('lose no more than they may, in the fewest pools', () => {
    for (let c = 1 as SizeClass; c < WHOLE_RUN; c++) {
      const bytes = runPoolsOf(c) * POOL_BYTES
      const loss = (pools: number): number => ((pools * POOL_BYTES) % blockBytesOf(c)) / (pools * POOL_BYTES)
      expect(loss(runPoolsOf(c))).toBeLessThanOrEqual(RUN_LOSS_MAX)
      for (let pools = Math.ceil(blockBytesOf(c) / POOL_BYTES); pools < runPoolsOf(c); pools++) {
        expect(loss(pools)).toBeGreaterThan(RUN_LOSS_MAX)
      }
      expect(RUN_BLOCKS[c]).toBe(Math.floor(bytes / blockBytesOf(c)))
    }
  })

  it('of one pool have a start bit for every block', () => {
    for (let c = 1 as SizeClass; c < WHOLE_RUN; c++) {
      let bits = 0
      for (const word of START_BITS.subarray(c * 8, c * 8 + 8)) bits += countBits(word)
      expect(bits).toBe(runPoolsOf(c) === 1 ? RUN_BLOCKS[c] : 0)
    }
  })
})
