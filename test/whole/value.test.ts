/** A heap, and what belongs to one, as values: printed, compared, cloned, in snapshots. */
import assert from 'node:assert'
import { inspect } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { f64, Heap, record, ref, struct } from '../../lib'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

function make(name = 'cache') {
  const { heap } = testHeap({ name })
  const type = record(heap, { x: f64, in: struct({ next: ref }) })
  const pointer = type.fromObject({ x: 1.5, in: { next: 0 } })
  return { heap, type, pointer, field: type.fields.x, cursor: type.cursor(pointer), stats: heap.stats() }
}

describe('console.log', () => {
  it('prints a heap as one line with its name, blocks, live and resident bytes, a closed one too', () => {
    const { heap } = make()
    const line = "Heap { name: 'cache', blocks: 1, liveBytes: 16, residentBytes: 8192 }"
    expect([inspect(heap), inspect({ heap }, { depth: Infinity, showHidden: true })]).toEqual([
      line,
      `{\n  heap: ${line}\n}`,
    ])
    heap.close()
    expect(inspect(heap)).toBe("Heap (closed) { name: 'cache', blocks: 0, liveBytes: 0, residentBytes: 0 }")
    expect(inspect(Object.create(heap))).toBe('Heap {}')
  })

  it('prints fields, cursors and rows with their values, and record types', () => {
    const { heap, type, field, cursor } = make()
    expect(inspect(field)).toBe("Field { name: 'x', kind: 'f64', byteOffset: 0 }")
    expect(inspect(cursor.row)).toBe('Row { in: Row { next: 0 }, x: 1.5 }')
    expect(inspect(cursor)).toContain('length: 1, index: 0, row: Row { in: Row { next: 0 }, x: 1.5 }')
    expect(inspect(type).split('\n').slice(0, 2)).toEqual(['RecordType {', '  byteLength: 16,'])
    expect(inspect(type)).toContain("  heap: Heap { name: 'cache', blocks: 1")
    heap.close()
    expect(inspect(cursor.row)).toBe('Row { EBB_CLOSED }')
    expect(inspect(type)).toContain('Heap (closed)')
  })
})

describe('JSON', () => {
  it('of a heap is its statistics', () => {
    const { heap } = make()
    expect(JSON.parse(JSON.stringify({ heap }))).toEqual({ heap: JSON.parse(JSON.stringify(heap.stats())) as unknown })
    expect(JSON.parse(JSON.stringify(heap))).toMatchObject({
      name: 'cache',
      blocks: 1,
      classes: [{ blockBytes: 16, blocks: 1 }],
    })
  })

  it('of records is what they hold', () => {
    const { type, pointer, cursor } = make()
    const fields = {
      x: { name: 'x', kind: 'f64', byteOffset: 0 },
      in: { next: { name: 'in.next', kind: 'ref', byteOffset: 8 } },
    }
    expect(JSON.parse(JSON.stringify(type))).toEqual({ byteLength: 16, fields })
    expect(JSON.parse(JSON.stringify(cursor))).toEqual({ pointer, length: 1, index: 0 })
    expect(JSON.parse(JSON.stringify(cursor.row))).toEqual({ x: 1.5, in: { next: 0 } })
  })
})

describe('a clone', () => {
  it('of a heap or what refers to it is refused in words that name it', () => {
    const { heap, type, field } = make()
    const { port1, port2 } = new MessageChannel()
    for (const value of [heap, { heap }, [type], { field }]) {
      for (const call of [() => structuredClone(value), () => port1.postMessage(value)]) {
        const error = caught(call)
        expect([error.name, error.message]).toEqual(['DataCloneError', expect.stringContaining('ebb: heap "cache"')])
      }
    }
    port1.close()
    port2.close()
  })

  it('of statistics is the statistics', () => {
    const { stats } = make()
    expect(structuredClone(stats)).toEqual({ ...stats })
  })
})

describe('comparison', () => {
  it('ends at once, tells heaps apart, and finds one equal to itself', () => {
    const [a, b] = [make(), make()]
    assert.deepStrictEqual({ ...a }, { ...a })
    for (const key of ['heap', 'type', 'field'] as const) {
      expect(caught(() => assert.deepStrictEqual({ it: a[key] }, { it: b[key] })).name).toBe('AssertionError')
      expect({ it: a[key] }).not.toEqual({ it: b[key] })
      expect({ it: a[key] }).toEqual({ it: a[key] })
    }
    expect(a.stats).toEqual(a.heap.stats())
    expect(a.type.toObject(a.pointer)).toEqual(b.type.toObject(b.pointer))
  })

  it('with a snapshot is that of the statistics', () => {
    const { heap } = make('snapped')
    heap.close()
    expect({ heap }).toMatchInlineSnapshot(`
      {
        "heap": HeapStats {
          "arenas": 0,
          "blocks": 0,
          "bookBytes": 0,
          "classes": [],
          "dirtyPools": 0,
          "discardedBytes": 0,
          "discards": 0,
          "failedDiscards": 0,
          "freeBlockBytes": 0,
          "freePoolBytes": 0,
          "freePools": 0,
          "keptBytes": 0,
          "largeBlocks": 0,
          "largeBytes": 0,
          "ledgerBytes": 0,
          "liveBytes": 0,
          "mappedBytes": 0,
          "maps": 1,
          "moves": 0,
          "name": "snapped",
          "peakArenas": 1,
          "peakMappedBytes": 262144,
          "residentBytes": 0,
          "slackBytes": 0,
          "unmaps": 1,
        },
      }
    `)
  })
})

it('an id is of one heap alone', () => {
  const [a, b] = [new Heap(), new Heap()]
  expect([typeof a.id, a.id === b.id]).toEqual(['symbol', false])
  a.close()
  b.close()
})
