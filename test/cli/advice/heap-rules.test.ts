import { describe, expect, it } from 'vitest'
import {
  CHURN_BYTES,
  CHURN_UNMAPS,
  churnRule,
  DIRTY_SHARE,
  decayRule,
  dirtyRule,
  ENOUGH,
  failedRule,
  heapFindings,
  LONG_DECAY,
  limitRule,
  scatteredRule,
} from '../../../lib/cli/advice/heap-rules'
import { heapReport } from '../../support/reports'

const MIB = 2 ** 20

describe('scatteredRule', () => {
  const classes = [
    { sizeClass: 2, blockBytes: 32, pools: 10, blocks: 1000, freeBlocks: 280 },
    { sizeClass: 3, blockBytes: 48, pools: 4000, blocks: 8000, freeBlocks: 332_000 },
  ]

  it('warns of free blocks that outweigh the live ones, by the size class that wastes most', () => {
    const finding = scatteredRule(heapReport({ freeBlockBytes: 16 * MIB, liveBytes: MIB, classes }))
    expect(finding?.level).toBe('WARN')
    expect(finding?.text).toBe(
      'heap "test": 16 MiB of free blocks lie between 1 MiB of live ones, in pools that cannot go back. ' +
        'Blocks of 48 bytes: 8,000 of them keep 4,000 pools, and would fit in 95',
    )
    expect(finding?.remedy).toContain('compact()')
  })

  it('is silent where it is little, or where live blocks are more; large blocks do not count', () => {
    expect(scatteredRule(heapReport({ freeBlockBytes: ENOUGH - 1, classes }))).toBeUndefined()
    expect(scatteredRule(heapReport({ freeBlockBytes: ENOUGH, liveBytes: ENOUGH + 1, classes }))).toBeUndefined()
    const large = { freeBlockBytes: ENOUGH, liveBytes: 5 * ENOUGH, largeBytes: 4.5 * ENOUGH, classes }
    expect(scatteredRule(heapReport(large))?.level).toBe('WARN')
  })

  it('names no example where whole runs waste most', () => {
    const runs = [{ sizeClass: 40, blockBytes: 0, pools: 4000, blocks: 10, freeBlocks: 0 }]
    expect(scatteredRule(heapReport({ freeBlockBytes: ENOUGH, classes: runs }))?.text).toMatch(/cannot go back$/)
  })
})

describe('dirtyRule', () => {
  const dirty = { dirtyPools: 2048, keptBytes: 8 * MIB, residentBytes: 32 * MIB }

  it('counts dirty pools and kept large blocks', () => {
    expect(dirtyRule(heapReport(dirty))).toMatchObject({
      level: 'NOTE',
      text: 'heap "test": 16 MiB are free and still resident, 50 % of it; it goes back when it was left alone for 1 s',
    })
  })

  it('warns where nothing goes back by itself, and where that takes long', () => {
    expect(dirtyRule(heapReport(dirty, { decay: null }))).toMatchObject({ level: 'WARN', remedy: /purge\(\)/ })
    expect(dirtyRule(heapReport(dirty, { decay: null }))?.text).toMatch(
      /decay is Infinity: nothing goes back by itself$/,
    )
    expect(dirtyRule(heapReport(dirty, { decay: LONG_DECAY + 1 }))?.level).toBe('WARN')
    expect(dirtyRule(heapReport(dirty, { decay: LONG_DECAY }))?.level).toBe('NOTE')
  })

  it('is silent where it is little, or a small share', () => {
    expect(dirtyRule(heapReport({ keptBytes: ENOUGH - 1 }))).toBeUndefined()
    const share = { keptBytes: ENOUGH, residentBytes: ENOUGH / DIRTY_SHARE + 1 }
    expect(dirtyRule(heapReport(share))).toBeUndefined()
    expect(dirtyRule(heapReport({ ...share, residentBytes: ENOUGH / DIRTY_SHARE }))?.level).toBe('NOTE')
  })
})

describe('decayRule', () => {
  it('notes a decay that is none, long or endless', () => {
    expect(decayRule(heapReport({}, { decay: 0 }))?.text).toContain('decay 0')
    expect(decayRule(heapReport({}, { decay: null }))?.text).toBe('heap "test" keeps what is freed for ever')
    expect(decayRule(heapReport({}, { decay: 60_000 }))?.text).toBe('heap "test" keeps what is freed for 1 min')
    expect(decayRule(heapReport({}, { decay: LONG_DECAY }))).toBeUndefined()
    expect(decayRule(heapReport({}, { decay: 1 }))).toBeUndefined()
  })
})

describe('churnRule', () => {
  const at = (discardedBytes: number, unmaps: number) => heapReport({ discardedBytes, unmaps })

  it('notes memory that goes back fast', () => {
    expect(churnRule(at(0, 5), at(CHURN_BYTES * 2, 5), 2)?.text).toContain(
      'gave back 64 MiB of free pools and 0 arenas',
    )
    expect(churnRule(at(0, 0), at(0, CHURN_UNMAPS), 1)?.level).toBe('NOTE')
  })

  it('is silent below, and without time', () => {
    expect(churnRule(at(0, 0), at(CHURN_BYTES - 1, CHURN_UNMAPS - 1), 1)).toBeUndefined()
    expect(churnRule(at(0, 0), at(CHURN_BYTES, 0), 0)).toBeUndefined()
  })
})

describe('limitRule', () => {
  it('notes three quarters, warns of nine tenths', () => {
    const at = (mappedBytes: number) => limitRule(heapReport({ mappedBytes }, { limit: 100 * MIB }))
    expect(at(74 * MIB)).toBeUndefined()
    expect(at(75 * MIB)?.level).toBe('NOTE')
    expect(at(90 * MIB)?.level).toBe('WARN')
    expect(at(90 * MIB)?.text).toContain('has mapped 90 MiB, 90 % of its limit of 100 MiB')
    expect(limitRule(heapReport({ mappedBytes: 1e12 }))).toBeUndefined()
  })
})

describe('failedRule', () => {
  it('warns of the first refusal', () => {
    expect(failedRule(heapReport())).toBeUndefined()
    expect(failedRule(heapReport({ failedDiscards: 1 }))?.text).toContain('refused 1 time to')
  })
})

describe('heapFindings', () => {
  it('is one PASS where there is nothing to say', () => {
    const stats = { blocks: 3, liveBytes: 4096, residentBytes: MIB, mappedBytes: 2 * MIB }
    expect(heapFindings(heapReport(stats), undefined, 0)).toEqual([
      { level: 'PASS', topic: 'heap', text: 'heap "test": 3 live blocks of 4 KiB, 1 MiB resident of 2 MiB mapped' },
    ])
    expect(heapFindings(heapReport({ name: '' }), undefined, 0)[0]?.text).toBe(
      'a heap without a name: 0 live blocks of 0 bytes, 0 bytes resident of 0 bytes mapped',
    )
  })

  it('has everything that was found', () => {
    const before = heapReport()
    const stats = { failedDiscards: 2, keptBytes: ENOUGH, residentBytes: ENOUGH, discardedBytes: CHURN_BYTES }
    const found = heapFindings(heapReport(stats, { decay: null }), before, 1)
    expect(found.map(({ topic }) => topic)).toEqual(['dirty memory', 'decay', 'churn', 'refused discards'])
  })

  it('shows no control characters of a name', () => {
    const [found] = heapFindings(heapReport({ name: 'a\x1b[31mb\x9b' }), undefined, 0)
    expect(found?.text).toMatch(/^heap "a\?\[31mb\?":/)
  })
})
