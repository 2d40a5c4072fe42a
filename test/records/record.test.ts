import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type * as ebb from '../../lib'
import {
  bool,
  f32,
  f64,
  Heap,
  type HeapErrorCode,
  i8,
  i16,
  i32,
  i64,
  type Pointer,
  record,
  ref,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '../../lib'
import { str } from '../../lib/collections'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { codeOf } from '../support/caught'

let heap: Heap

beforeEach(() => {
  heap = new Heap()
})

afterEach(() => {
  heap.close()
})

function refused(call: () => unknown, code: HeapErrorCode | 'TypeError' | 'RangeError', message = ''): void {
  let thrown: (Error & { code?: string }) | undefined
  try {
    call()
  } catch (error) {
    thrown = error as Error
  }
  expect(thrown, 'nothing was thrown').toBeDefined()
  expect(thrown?.code).toBe(codeOf(code))
  expect(thrown?.message).toContain(message)
}

describe('layout', () => {
  it('aligns and pads as a C compiler does', () => {
    const mixed = struct({ tag: u8, x: f64, id: u16 })
    expect(mixed.offsets).toEqual({ tag: 0, x: 8, id: 16 })
    expect(mixed.byteLength).toBe(24)
    expect(mixed.alignment).toBe(8)
    const bytes = struct({ a: u8, b: u8, c: bool })
    expect([bytes.byteLength, bytes.alignment]).toEqual([3, 1])
    const tight = struct({ a: i8, b: i16, c: i32, d: i64, e: ref, f: f32 })
    expect(tight.offsets).toEqual({ a: 0, b: 2, c: 4, d: 8, e: 16, f: 20 })
    expect(tight.byteLength).toBe(24)
  })

  it('nests structs at their own alignment, padding included', () => {
    const inner = struct({ x: f64, tag: u8 })
    const outer = struct({ flag: u8, inner, last: u8 })
    expect(outer.offsets).toEqual({ flag: 0, inner: 8, last: 24 })
    expect(outer.byteLength).toBe(32)
    const fields = record(heap, outer).fields
    expect([fields.inner.x.byteOffset, fields.inner.tag.byteOffset]).toEqual([8, 16])
    expect(fields.inner.tag.name).toBe('inner.tag')
  })

  it('refuses shapes that cannot be laid out', () => {
    refused(() => struct({}), 'TypeError', 'at least one field')
    refused(() => struct(null as never), 'TypeError', 'needs an object of fields')
    refused(() => record(heap, { x: 'f64' } as never), 'TypeError', 'field "x" must be a type such as f64')
    refused(() => record(heap, { x: 'f64' } as never), 'TypeError', "import { f64 } from 'ebb'")
    refused(() => struct({ x: undefined } as never), 'TypeError', 'a name that a module does not have is undefined')
    refused(() => struct({ x: 'str' } as never), 'TypeError', 'take a ref to a block that has them')
    refused(() => struct({ x: str } as never), 'TypeError', 'take a ref to a block that has them')
    refused(() => struct({ 0: u8 }), 'TypeError', 'field "0" is a number')
    refused(() => struct({ ['__proto__']: u8 }), 'TypeError', '__proto__')
  })

  it('takes any other name, those of Object included', () => {
    const odd = record(heap, {
      get: u8,
      constructor: u8,
      toString: struct({ hasOwnProperty: u8, constructor: u8 }),
      index: u8,
    })
    const pointer = odd.alloc()
    const values = { get: 1, constructor: 2, toString: { hasOwnProperty: 3, constructor: 4 }, index: 5 }
    odd.assign(pointer, values as never)
    expect([...heap.bytes(pointer, 5)]).toEqual([1, 2, 3, 4, 5])
    const row = odd.cursor(pointer).row
    expect([row.get, row.index, row.toString.constructor]).toEqual([1, 5, 4])
  })
})

/** For each kind: what it holds, and what it refuses. */
const kinds = {
  i8: { type: i8, good: [-128, -0, 127], wrong: [-129, 128, 0.5, Number.NaN] },
  u8: { type: u8, good: [0, 255], wrong: [-1, 256, 0.5, Infinity] },
  i16: { type: i16, good: [-32768, 32767], wrong: [-32769, 32768] },
  u16: { type: u16, good: [0, 65535], wrong: [-1, 65536] },
  i32: { type: i32, good: [-(2 ** 31), 2 ** 31 - 1], wrong: [-(2 ** 31) - 1, 2 ** 31, 1.5] },
  u32: { type: u32, good: [0, 2 ** 32 - 1], wrong: [-1, 2 ** 32, 1.5] },
  f32: { type: f32, good: [0.5, -Infinity, Number.NaN], wrong: [] },
  f64: { type: f64, good: [Math.PI, -0, Number.NaN, Infinity], wrong: [] },
  i64: { type: i64, good: [-(2n ** 63n), 2n ** 63n - 1n], wrong: [2n ** 63n, -(2n ** 63n) - 1n] },
  u64: { type: u64, good: [0n, 2n ** 64n - 1n], wrong: [-1n, 2n ** 64n] },
  bool: { type: bool, good: [true, false], wrong: [] },
  ref: { type: ref, good: [0, 2 ** 31 - 1], wrong: [-1, 2 ** 31, 0.5] },
} as const

describe('fields', () => {
  for (const [kind, { type, good, wrong }] of Object.entries(kinds)) {
    it(`of ${kind} hold their values by pointer and in a cursor, and nothing else`, () => {
      // The neighbours show a write that is too wide or in the wrong place.
      const holder = record(heap, { before: u8, value: type as ebb.Scalar<unknown>, after: u8 })
      const pointer = holder.alloc()
      const { value: field, before, after } = holder.fields
      const { row } = holder.cursor(pointer)
      for (const value of good) {
        field.set(pointer, value)
        expect(field.get(pointer)).toEqual(value === 0 && kind !== 'f64' ? 0 : value)
        expect(row.value).toEqual(field.get(pointer))
        row.value = value
        expect(field.get(pointer)).toEqual(row.value)
      }
      const last = field.get(pointer)
      for (const value of wrong) {
        refused(() => field.set(pointer, value), 'RangeError', `field value is ${kind}`)
        refused(
          () => {
            row.value = value
          },
          'RangeError',
          `field value is ${kind}`,
        )
      }
      const isBig = typeof good[0] === 'bigint'
      for (const value of [undefined, null, '1', {}, isBig ? 1 : 1n, kind === 'bool' ? 1 : true]) {
        refused(() => field.set(pointer, value), 'TypeError', `field value is ${kind}`)
        refused(
          () => {
            row.value = value
          },
          'TypeError',
          `field value is ${kind}`,
        )
      }
      expect(field.get(pointer)).toEqual(last)
      expect([before.get(pointer), after.get(pointer)]).toEqual([0, 0])
    })
  }

  it('are little-endian, as the accessors of the heap', () => {
    const mixed = record(heap, { tag: u8, x: f64, id: u16 })
    const pointer = mixed.fromObject({ tag: 7, x: 1.5, id: 513 })
    expect([heap.getUint8(pointer, 0), heap.getFloat64(pointer, 8), heap.getUint16(pointer, 16)]).toEqual([7, 1.5, 513])
  })

  it('address arrays by index', () => {
    const point = record(heap, { x: f64, tag: u8 })
    const pointer = point.allocArray(1000)
    expect(point.capacity(pointer)).toBeGreaterThanOrEqual(1000)
    for (let i = 0; i < 1000; i++) {
      point.fields.x.set(pointer, i / 2, i)
      point.fields.tag.set(pointer, i & 255, i)
    }
    for (let i = 0; i < 1000; i++) {
      expect(heap.getFloat64(pointer, i * 16)).toBe(i / 2)
      expect(point.toObject(pointer, i)).toEqual({ x: i / 2, tag: i & 255 })
    }
  })

  it('refuse by name where there is no memory', () => {
    const { x } = record(heap, { x: f64 }).fields
    const keep = heap.alloc(16)
    refused(() => x.get(0 as Pointer), 'EBB_INVALID_POINTER', 'null pointer')
    refused(() => x.get((1 << 30) as Pointer), 'EBB_INVALID_POINTER')
    refused(() => x.get(keep, 1e9), 'EBB_OUT_OF_BOUNDS', 'leave the block')
    for (const index of [-1, -1e9, Number.NaN])
      refused(() => x.get(keep, index), 'EBB_OUT_OF_BOUNDS', 'leave the block')
    refused(() => x.set(keep, 1, 1e9), 'EBB_OUT_OF_BOUNDS', 'leave the block')
    heap.close()
    refused(() => x.get(keep), 'EBB_CLOSED', 'closed heap')
    refused(() => x.set(keep, 1), 'EBB_CLOSED', 'closed heap')
    refused(() => record(heap, { y: f64 }).fields.y.get(keep), 'EBB_CLOSED', 'closed heap')
  })
})

describe('objects', () => {
  const vector = struct({ x: f64, y: f64 })

  it('go into records and come back', () => {
    const particle = record(heap, { at: vector, speed: vector, tag: u8, isAlive: bool, next: ref })
    const values = { at: { x: 1, y: 2 }, speed: { x: 3, y: 4 }, tag: 5, isAlive: true, next: 0 as const }
    const pointer = particle.fromObject(values)
    expect(particle.toObject(pointer)).toEqual(values)
    particle.assign(pointer, { speed: { y: -4 }, tag: 6 })
    expect(particle.toObject(pointer)).toEqual({ ...values, speed: { x: 3, y: -4 }, tag: 6 })
  })

  it('refuse missing, unknown and wrong fields by name, leaving no block behind', () => {
    const particle = record(heap, { at: vector, tag: u8 })
    refused(() => particle.fromObject({ at: { x: 1, y: 2 } } as never), 'TypeError', 'field tag has no value')
    refused(() => particle.fromObject({ at: { x: 1 }, tag: 1 } as never), 'TypeError', 'field at.y has no value')
    refused(() => particle.fromObject({ at: 5, tag: 1 } as never), 'TypeError', 'field at needs an object of values')
    refused(() => particle.fromObject(null as never), 'TypeError', 'a record needs an object of values')
    const extra = { at: { x: 1, y: 2, z: 3 }, tag: 1 }
    refused(() => particle.fromObject(extra), 'TypeError', 'the record has no field at.z; it has x, y')
    refused(() => particle.fromObject({ at: { x: 1, y: 2 }, tag: 256 }), 'RangeError', 'field tag is u8')
    expect(heap.stats().blocks).toBe(0)
    const pointer = particle.alloc()
    refused(() => particle.assign(pointer, { toString: 1 } as never), 'TypeError', 'no field toString')
  })

  it('are read only from live blocks that hold them', () => {
    const point = record(heap, { x: f64, y: f64 })
    const pointer = point.allocArray(2)
    refused(() => point.toObject(pointer, 2), 'EBB_OUT_OF_BOUNDS', '3 records of 16 bytes leave the block of 32')
    refused(() => point.toObject(pointer, -2), 'RangeError')
    refused(() => point.assign(pointer, { x: 1 }, 2), 'EBB_OUT_OF_BOUNDS')
    point.free(pointer)
    refused(() => point.toObject(pointer), 'EBB_DOUBLE_FREE')
    refused(() => point.allocArray(-1), 'RangeError', 'whole number of records')
  })
})

describe('cursor', () => {
  const makePoints = (length: number) => {
    const point = record(heap, { x: f64, inner: struct({ tag: u8 }) })
    const pointer = point.allocArray(length)
    return { point, pointer, cursor: point.cursor(pointer, length) }
  }

  it('walks the records of a block with one row object', () => {
    const { point, pointer, cursor } = makePoints(100)
    for (let i = 0; i < 100; i++) {
      const row = cursor.at(i)
      expect(row).toBe(cursor.row)
      row.x = i
      row.inner.tag = i
      expect(cursor.index).toBe(i)
    }
    expect(Array.from(cursor, (row) => row.x)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(point.toObject(pointer, 42)).toEqual({ x: 42, inner: { tag: 42 } })
    expect([cursor.pointer, cursor.length]).toEqual([pointer, 100])
  })

  it('refuses other indexes', () => {
    const { cursor } = makePoints(10)
    for (const index of [-1, 10, 0.5, Number.NaN, Infinity, '1', undefined]) {
      refused(() => cursor.at(index as number), 'RangeError', 'cursor index must be a whole number from 0 to 9')
    }
  })

  it('notices that its block was freed, and that the heap was closed', () => {
    const { point, pointer, cursor } = makePoints(10)
    point.free(pointer)
    refused(() => cursor.at(0), 'EBB_DOUBLE_FREE')
    const other = makePoints(10).cursor
    heap.close()
    refused(() => other.at(0), 'EBB_CLOSED')
    refused(() => other.row.x, 'EBB_CLOSED')
    refused(() => {
      other.row.x = 1
    }, 'EBB_CLOSED')
  })

  it('notices that a large block is gone', () => {
    const { point, pointer, cursor } = makePoints(100_000)
    cursor.at(99_999).x = 1
    point.free(pointer)
    heap.purge()
    refused(() => cursor.at(0), 'EBB_INVALID_POINTER')
  })

  it('follows a large block that grows in place', () => {
    const { pointer, cursor } = makePoints(100_000)
    cursor.at(5).x = 5
    const grown = heap.realloc(pointer, 50 << 20)
    if (grown !== pointer) return
    expect(cursor.at(5).x).toBe(5)
  })

  it('is seated on other blocks, and refuses those that are too small or dead', () => {
    const { point, cursor } = makePoints(10)
    const single = point.fromObject({ x: 7, inner: { tag: 1 } })
    expect(cursor.seat(single).x).toBe(7)
    expect(cursor.length).toBe(1)
    refused(() => cursor.seat(single, 2), 'EBB_OUT_OF_BOUNDS', '2 records of 16 bytes')
    refused(() => cursor.seat(0 as Pointer), 'EBB_INVALID_POINTER')
    refused(() => cursor.seat(single, -1), 'RangeError')
    expect(cursor.at(0).x).toBe(7)
  })

  it('follows its block through compact, standing on the same record', () => {
    const point = record(heap, { x: f64, y: f64 })
    const pointers = Array.from({ length: 20_000 }, () => point.allocArray(8))
    const kept = pointers.filter((_, i) => i % 50 === 0)
    heap.freeMany(pointers.filter((_, i) => i % 50 !== 0))
    const cursors = kept.map((pointer, i) => {
      const cursor = point.cursor(pointer, 8)
      cursor.at(3).x = i
      return cursor
    })
    const { moved } = heap.compact(() => {})
    expect(moved).toBeGreaterThan(100)
    cursors.forEach((cursor, i) => {
      expect(cursor.row.x).toBe(i)
      expect(cursor.index).toBe(3)
      expect(heap.isLive(cursor.pointer)).toBe(true)
      expect(cursor.at(3).x).toBe(i)
    })
    checkHeap(partsOf(heap))
  })

  it('is held weakly: thousands of dropped ones are forgotten', () => {
    const { point, pointer } = makePoints(1)
    for (let i = 0; i < 5000; i++) point.cursor(pointer)
    globalThis.gc?.()
    expect(point.cursor(pointer).row.x).toBe(0)
  })
})

it('need a heap to be in', () => {
  for (const wrong of [undefined, 5, {}, Object.create(heap)])
    refused(() => record(wrong as never, { x: u8 }), 'TypeError', 'record needs a heap of this copy of ebb')
})

describe('refs', () => {
  /** A list whose nodes lie scattered among freed blocks, so that compact moves most of them. */
  function makeList(length: number) {
    const node = record(heap, { value: u32, link: struct({ next: ref }) })
    const others: Pointer[] = []
    let head: Pointer | 0 = 0
    for (let i = 0; i < length; i++) {
      head = node.follow(node.fromObject({ value: i, link: { next: head } }))
      for (let k = 0; k < 40; k++) others.push(node.alloc())
    }
    const anchor = record(heap, { head: ref })
    const root = anchor.alloc()
    heap.pin(root)
    anchor.fields.head.set(root, head)
    anchor.follow(root)
    for (const pointer of others) node.free(pointer)
    const values = () => {
      const found: number[] = []
      for (let at = anchor.fields.head.get(root); at !== 0; at = node.fields.link.next.get(at)) {
        found.push(node.fields.value.get(at))
      }
      return found
    }
    return { node, values, root }
  }

  it('of followed records point to what has moved, compaction after compaction', () => {
    const { values } = makeList(3000)
    const before = values()
    expect(before).toHaveLength(3000)
    const { moved } = heap.compact(() => {})
    expect(moved).toBeGreaterThan(1000)
    expect(values()).toEqual(before)
    heap.compact(() => {})
    expect(values()).toEqual(before)
    checkHeap(partsOf(heap))
  })

  it('stay right in small steps, and when the callback throws', () => {
    const { values } = makeList(2000)
    const before = values()
    for (let step = 0; step < 1000; step++) {
      if (heap.compact(() => {}, { maxBlocks: 7 }).done) break
      expect(values()).toEqual(before)
    }
    const again = makeList(500)
    const throws = () => {
      throw new Error('enough')
    }
    for (let step = 0; step < 5; step++) refusedBy(() => heap.compact(throws))
    expect(values()).toEqual(before)
    expect(again.values()).toHaveLength(500)
  })

  const refusedBy = (call: () => unknown): void => {
    try {
      call()
    } catch (error) {
      expect((error as Error).message).toBe('enough')
    }
  }

  it('of arrays are rewritten in every record', () => {
    const slot = record(heap, { id: u8, target: ref })
    const table = slot.follow(slot.allocArray(5000), 5000)
    const blocks = Array.from({ length: 100_000 }, (_, i) => {
      const pointer = heap.alloc(32)
      heap.setUint32(pointer, 0, i)
      return pointer
    })
    for (let i = 0; i < 100_000; i++) {
      if (i % 20 === 0) slot.fields.target.set(table, blocks[i] as Pointer, i / 20)
      else heap.free(blocks[i] as Pointer)
    }
    expect(heap.compact(() => {}).moved).toBeGreaterThan(2000)
    for (let i = 0; i < 5000; i++) {
      expect(heap.getUint32(slot.fields.target.get(table, i) as Pointer, 0)).toBe(i * 20)
    }
  })

  it('of records that are not followed, or not any more, are left alone', () => {
    const { node, root } = makeList(100)
    const loner = node.fromObject({ value: 1, link: { next: 0 } })
    node.follow(loner)
    expect(node.unfollow(loner)).toBe(true)
    expect(node.unfollow(loner)).toBe(false)
    node.follow(loner)
    node.free(loner)
    refused(() => node.follow(loner), 'EBB_DOUBLE_FREE')
    heap.unpin(root)
    heap.free(root)
    heap.compact(() => {})
    checkHeap(partsOf(heap))
  })
})
