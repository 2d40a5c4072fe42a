import { describe, expect, it } from 'vitest'
import { mapPicture, tilesOf } from '../../../lib/cli/draw/map-picture'
import { PoolState } from '../../../lib/inspect/map'

describe('tilesOf', () => {
  it('has a tile of 8 by 8 pools for each 64 bytes, and a gap between', () => {
    const states = Uint8Array.from({ length: 17 * 64 }, (_, i) => 1 + Math.floor(i / 64))
    const { pixels, width, height } = tilesOf(states)
    expect([width, height]).toEqual([16 * 9 - 1, 2 * 9 - 1])
    expect([pixels[0], pixels[7], pixels[8], pixels[9]]).toEqual([1, 1, 0, 2])
    expect(pixels[7 * width]).toBe(1)
    expect(pixels[8 * width]).toBe(0)
    expect(pixels[9 * width]).toBe(17)
    expect(pixels.filter((state) => state !== 0)).toHaveLength(17 * 64)
  })

  it('stays within 64 tiles across, however large the heap', () => {
    const { width, height } = tilesOf(new Uint8Array(4096 * 64))
    expect([width, height]).toEqual([64 * 9 - 1, 64 * 9 - 1])
  })
})

describe('mapPicture', () => {
  it('has a key of what there is', () => {
    const states = new Uint8Array(64).fill(PoolState.discarded)
    states.set([PoolState.ledger, PoolState.full, PoolState.used + 5, PoolState.dirty, PoolState.resting])
    const html = mapPicture(states)
    expect(
      [...html.matchAll(/<\/b>([^<]+) <span class="muted">(\d+) pools?,/g)].map((match) => [match[1], match[2]]),
    ).toEqual([
      ['in use, stronger is fuller', '2'],
      ['free and resident', '2'],
      ['given back or never used', '59'],
      ['books', '1'],
    ])
    expect(mapPicture(new Uint8Array(0))).toBe('')
  })

  it('shows bytes that are no state as nothing', () => {
    expect(() => mapPicture(new Uint8Array(64).fill(77))).not.toThrow()
  })
})
