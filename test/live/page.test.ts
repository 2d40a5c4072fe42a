/** What of the page needs no browser. The page in a browser: chromium.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest'
import { PoolState } from '../../lib/inspect/map'
import { type PageModules, pageModules } from '../support/live-page'

let page: PageModules
beforeAll(async () => {
  page = await pageModules()
})

describe('numbers on the page', () => {
  it('have three digits and a unit', () => {
    const given = [0, 1, 999, 1000, 1024, 1536, 10_240, 102_400, 1_048_064, 1_048_576, 5_000_000_000, 2 ** 42]
    expect(given.map((bytes) => page.bytes(bytes))).toEqual([
      ...['0 B', '1 B', '999 B', '0.98 KiB', '1.00 KiB', '1.50 KiB', '10.0 KiB', '100 KiB', '1.00 MiB', '1.00 MiB'],
      ...['4.66 GiB', '4.00 TiB'],
    ])
  })

  it('never say that there is nothing where there is something, nor all where it is not', () => {
    expect([0, 0.001, 0.01, 0.5, 0.994, 0.999, 1, Number.NaN].map((share) => page.percent(share))).toEqual([
      '0 %',
      '< 1 %',
      '1 %',
      '50 %',
      '> 99 %',
      '> 99 %',
      '100 %',
      '0 %',
    ])
  })

  it('count things', () => {
    expect([page.counted(1, 'arena'), page.counted(12_345, 'arena')]).toEqual(['1 arena', '12,345 arenas'])
  })
})

describe('the states of cells', () => {
  it('are those of the map, each in one line of the legend', () => {
    const inLegend = page.KINDS.flatMap(({ states }) => states)
    expect(new Set(inLegend).size).toBe(inLegend.length)
    for (const [name, state] of Object.entries(PoolState))
      if (name !== 'unused') expect([name, inLegend.includes(state)]).toEqual([name, true])
    expect([page.USED, page.FULL]).toEqual([PoolState.used, PoolState.full])
    const named = Object.fromEntries(page.KINDS.map(({ name, states }) => [name, states]))
    expect(named.dirty).toEqual([PoolState.dirty, PoolState.resting, PoolState.kept])
    expect(named.discarded).toEqual([PoolState.discarded, PoolState.keptDiscarded])
    expect([named.large, named.ledger, named.unseen]).toEqual([
      [PoolState.large],
      [PoolState.ledger],
      [PoolState.unseen],
    ])
  })

  it('are told in words', () => {
    expect(page.wordsOf(PoolState.used + 64)).toBe('in use, 50 % of its blocks taken')
    expect(page.wordsOf(PoolState.used)).toBe('in use, 1 % of its blocks taken')
    for (const state of Object.values(PoolState)) expect(page.wordsOf(state).length).toBeGreaterThan(10)
  })
})

describe('the layout of the map', () => {
  it('takes the largest cells with which everything fits', () => {
    for (const [squares, width, height] of [
      [1, 700, 500],
      [40, 700, 500],
      [4096, 700, 500],
      [300, 320, 400],
    ] as const) {
      const { cell, gap, perRow, height: all } = page.layOut(squares, width, height, 13)
      const pitch = 8 * cell + gap
      expect(perRow * pitch - gap).toBeLessThanOrEqual(width)
      expect(all).toBe(Math.ceil(squares / perRow) * pitch - gap)
      expect(all).toBeLessThanOrEqual(height)
    }
    expect(page.layOut(1, 700, 500, 13).cell).toBe(13)
  })

  it('is higher than its room, and scrolls, where even the smallest do not fit', () => {
    expect(page.layOut(100_000, 700, 500, 13)).toMatchObject({
      cell: 1,
      perRow: 77,
      height: Math.ceil(100_000 / 77) * 9 - 1,
    })
  })
})

describe('the history', () => {
  it('is bounded: of the older half every second sample goes, and leaves its marks to the next', () => {
    const history = new page.History()
    for (let i = 0; i < 100_000; i++) history.add([i, 1, 2, 3, 4, i === 7 ? 1 : 0])
    const [times, ...rest] = history.columns
    expect(times!.length).toBeLessThanOrEqual(6000)
    for (const column of rest) expect(column.length).toBe(times!.length)
    expect([times!.at(-1), [...times!].sort((a, b) => a! - b!)]).toEqual([99_999, times])
    expect(rest[4]!.filter((marks) => marks === 1).length).toBe(1)
  })

  it('shows the last seconds, and the sample before them, so that the line begins at the edge', () => {
    const history = new page.History()
    for (let i = 0; i < 100; i++) history.add([i, i, i, i, i, 0])
    expect(history.last(10)[0]).toEqual([88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
    expect(history.last(Number.POSITIVE_INFINITY)[0]!.length).toBe(100)
  })

  it('is broken where nothing was seen', () => {
    const history = new page.History()
    history.breakAt(1)
    history.add([2, 1, 1, 1, 1, 0])
    history.breakAt(3)
    expect(history.columns.slice(0, 2)).toEqual([
      [2, 3],
      [1, null],
    ])
  })
})

describe('events', () => {
  const none = { maps: 0, unmaps: 0, discards: 0, discardedBytes: 0, moves: 0 }

  it('are told in words', () => {
    expect(page.tell({ ...none, maps: 1 })).toBe('mapped 1 range')
    expect(page.tell({ ...none, unmaps: 2, discards: 40, discardedBytes: 5_000_000 })).toBe(
      'gave back 4.77 MiB in 40 discards, unmapped 2 ranges',
    )
    expect(page.tell({ ...none, moves: 1204 })).toBe('compaction moved 1,204 blocks')
  })
})

describe('the sum of heaps', () => {
  it('adds their figures, and their classes one by one', () => {
    const figures = {
      arenas: 1,
      blocks: 2,
      liveBytes: 3,
      freeBlockBytes: 0,
      freePools: 0,
      dirtyPools: 0,
      slackBytes: 0,
    }
    const more = { largeBlocks: 0, largeBytes: 0, keptBytes: 0, mappedBytes: 7, residentBytes: 5, maps: 1, unmaps: 0 }
    const stats = { ...figures, ...more, discards: 0, discardedBytes: 0, moves: 0 }
    const one = { sizeClass: 3, blockBytes: 48, pools: 1, blocks: 2, freeBlocks: 83 }
    const two = { sizeClass: 1, blockBytes: 16, pools: 2, blocks: 5, freeBlocks: 7 }
    const sum = page.sum([
      { id: 1, number: 1, name: 'a', stats: { ...stats, classes: [one] } },
      { id: 2, number: 2, name: 'b', stats: { ...stats, classes: [two, one] } },
    ])
    expect(sum).toMatchObject({ arenas: 2, blocks: 4, liveBytes: 6, mappedBytes: 14, residentBytes: 10 })
    expect(sum.classes).toEqual([two, { ...one, pools: 2, blocks: 4, freeBlocks: 166 }])
    expect(page.sum([]).liveBytes).toBe(0)
  })
})
