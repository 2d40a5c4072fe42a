import { readFileSync } from 'node:fs'
import path from 'node:path'
import Ajv from 'ajv'
import { describe, expect, it } from 'vitest'
import { allStats } from '../../lib/heap/all-stats'
import { Heap } from '../../lib/heap/heap'
import { HeapStats } from '../../lib/inspect/stats'
import { runChild, said } from '../support/child'
import { testHeap } from '../support/test-heap'

const schema = JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'docs', 'stats.schema.json'), 'utf8'))
const validate = new Ajv({ strict: true }).compile(schema)
const asJson = (value: unknown): { total: object } => JSON.parse(JSON.stringify(value))

describe('statistics of all heaps', () => {
  it('are sums of those of each', () => {
    const before = allStats()
    const [a, b] = [testHeap({ name: 'a' }).heap, testHeap({ name: 'b' }).heap]
    a.allocMany(48, new Int32Array(100))
    b.allocMany(48, new Int32Array(50))
    b.alloc(1e6)
    const { version, threadId, total, heaps } = allStats()
    const own = heaps.filter(({ name }) => name === 'a' || name === 'b')
    expect([version, Number.isInteger(threadId), total instanceof HeapStats, total.name]).toEqual([1, true, true, ''])
    expect(own).toEqual([a.stats(), b.stats()])
    for (const key of ['blocks', 'liveBytes', 'mappedBytes', 'arenas', 'freePools', 'bookBytes', 'maps'] as const)
      expect(total[key] - before.total[key], key).toBe(a.stats()[key] + b.stats()[key])
    expect(total.classes.find(({ sizeClass }) => sizeClass === 3)).toMatchObject({
      blockBytes: 48,
      pools: 3,
      blocks: 150,
    })
    const { liveBytes, freeBlockBytes, freePoolBytes, ledgerBytes, slackBytes, keptBytes } = total
    expect(liveBytes + freeBlockBytes + freePoolBytes + ledgerBytes + slackBytes + keptBytes).toBe(total.mappedBytes)
    expect(String(total)).toContain(`${total.blocks} live blocks`)
  })

  it('have each size class once, in their order, whichever heap has it', () => {
    const [a, b] = [testHeap().heap, testHeap().heap]
    a.alloc(200)
    a.alloc(600)
    b.alloc(48)
    b.alloc(200)
    const classes = allStats().total.classes.map(({ blockBytes }) => blockBytes)
    expect(classes).toEqual([...new Set(classes)].sort((x, y) => x - y))
    expect(classes.length).toBeGreaterThanOrEqual(3)
  })

  it('keep what closed heaps have counted, and nothing else of them', () => {
    const before = allStats().total
    const heap = new Heap()
    heap.alloc(1e6)
    heap.free(heap.alloc(4096))
    heap.purge()
    heap.close()
    heap.close()
    const after = allStats().total
    expect(after.maps - before.maps).toBe(2)
    expect(after.unmaps - before.unmaps).toBe(2)
    expect([after.liveBytes, after.arenas, after.peakArenas]).toEqual([
      before.liveBytes,
      before.arenas,
      before.peakArenas,
    ])
  })

  it('keep what collected heaps have counted, once', async () => {
    const result = await runChild(
      `
      const { allStats } = require(${JSON.stringify(path.join(__dirname, '..', '..', 'dist', 'index.js'))})
      for (let i = 0; i < 5; i++) new Heap().alloc(48)
      for (let i = 0; i < 5; i++) { const heap = new Heap(); heap.alloc(48); heap.close() }
      const wait = async () => {
        for (let turn = 0; turn < 50 && allStats().total.arenas > 0; turn++) { gc(); await new Promise(setImmediate) }
        gc()
        await new Promise((resolve) => setTimeout(resolve, 20))
        say([allStats().total.maps, allStats().heaps.length])
      }
      wait()`,
      ['--expose-gc'],
    )
    expect(said(result)).toEqual([[10, 0]])
  })

  it('are JSON as docs/stats.schema.json says', () => {
    const { heap } = testHeap({ name: 'json' })
    heap.alloc(48)
    heap.alloc(50_000)
    const json = asJson(allStats())
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true)
    expect(Object.keys(schema.definitions.stats.properties)).toEqual(
      expect.arrayContaining(Object.keys(new HeapStats())),
    )
    expect(schema.definitions.stats.required).toHaveLength(Object.keys(new HeapStats()).length)
    for (const wrong of [
      { ...json, version: 2 },
      { ...json, total: { ...json.total, liveBytes: -1 } },
      { ...json, total: { ...json.total, liveBytes: undefined } },
      { ...json, heaps: [{}] },
      { ...json, heaps: [{ ...json.total, classes: [{ sizeClass: 0 }] }] },
    ])
      expect(validate(asJson(wrong))).toBe(false)
  })
})
