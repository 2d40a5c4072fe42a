/** A hundred mistakes, seeded: a debug heap names each with the place that allocated the block, an ordinary heap survives all. */
import { describe, expect, it } from 'vitest'
import '../../lib/debug/index'
import type { Pointer } from '../../lib/base/layout'
import type { DebugHeap } from '../../lib/debug/debug-heap'
import { DebugError } from '../../lib/debug/report'
import { Heap } from '../../lib/heap/heap'
import { Numbers, partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { record } from '../../lib/records/record'
import { f64, u8 } from '../../lib/records/types'
import { Random } from '../support/random'

const random = new Random('mistakes')

/** Allocates in a function of its own name, which its stack shows. */
type Allocate = (heap: Heap, byteLength: number) => Pointer
const allocateAs = (name: string): Allocate =>
  new Function(`return function ${name}(heap, byteLength) { return heap.alloc(byteLength) }`)()

interface Mistake {
  readonly name: string
  readonly code: string
  /** Makes the mistake. What it throws is looked at; else what `check()` throws, or what `leaks()` shows. */
  make(heap: Heap, allocate: Allocate, other: Heap): void
}

const accessors = Object.getOwnPropertyNames(Numbers.prototype).filter((name) => /^[gs]et[A-Z]/.test(name))
type Access = (pointer: Pointer, byteOffset: number, value?: unknown) => unknown
const access = (heap: Heap, name: string, pointer: Pointer, byteOffset: number): unknown =>
  (heap[name as 'getInt8'] as Access)(pointer, byteOffset, name.includes('Big') ? 1n : 1)

/** Writes past a block as code with its ArrayBuffer can: `distance` bytes behind its end, or in front of it. */
function overrun(heap: Heap, pointer: Pointer, byteLength: number, distance: number): void {
  const view = heap.bytes(pointer, byteLength)
  const start = distance > 0 ? view.byteOffset + byteLength : view.byteOffset + distance
  new Uint8Array(view.buffer, start, Math.abs(distance)).fill(0x41)
}

const freed = (heap: Heap, allocate: Allocate, byteLength = 64): Pointer => {
  const pointer = allocate(heap, byteLength)
  heap.free(pointer)
  return pointer
}

const particle = (heap: Heap) => record(heap, { x: f64, tag: u8 })

const mistakes: Mistake[] = accessors.map((name) => ({
  name: `${name} of a freed block`,
  code: 'EBB_USE_AFTER_FREE',
  make: (heap, allocate) => access(heap, name, freed(heap, allocate), 8),
}))
const add = (name: string, code: string, make: Mistake['make']): void => void mistakes.push({ name, code, make })

add('a field read after free', 'EBB_USE_AFTER_FREE', (heap, allocate) => {
  particle(heap).fields.x.get(freed(heap, allocate))
})
add('a field written after free', 'EBB_USE_AFTER_FREE', (heap, allocate) => {
  particle(heap).fields.tag.set(freed(heap, allocate), 1)
})
add('a field read behind the last record', 'EBB_OUT_OF_BOUNDS', (heap, allocate) => {
  particle(heap).fields.x.get(allocate(heap, 16), 1)
})
add('a field written in front of the first record', 'EBB_OUT_OF_BOUNDS', (heap, allocate) => {
  particle(heap).fields.x.set(allocate(heap, 16), 1, -1)
})
for (const isWrite of [false, true]) {
  add(`a row ${isWrite ? 'written' : 'read'} after free`, 'EBB_USE_AFTER_FREE', (heap, allocate) => {
    const pointer = allocate(heap, 16)
    const { row } = particle(heap).cursor(pointer)
    heap.free(pointer)
    if (isWrite) row.x = 1
    else expect(row.x).toBeTypeOf('number')
  })
}
add('a record read whole after free', 'EBB_DOUBLE_FREE', (heap, allocate) => {
  particle(heap).toObject(freed(heap, allocate))
})
add('a cursor that stands on a freed block', 'EBB_DOUBLE_FREE', (heap, allocate) => {
  const pointer = allocate(heap, 64)
  const cursor = particle(heap).cursor(pointer, 4)
  heap.free(pointer)
  cursor.at(2)
})
add('a string read after free', 'EBB_DOUBLE_FREE', (heap, allocate) => heap.readString(freed(heap, allocate)))
add('a string compared after free', 'EBB_DOUBLE_FREE', (heap, allocate) =>
  heap.equalsString(freed(heap, allocate), 'x'),
)
add('bytes copied out after free', 'EBB_DOUBLE_FREE', (heap, allocate) => heap.copyOut(freed(heap, allocate)))
for (let i = 0; i < 3; i++) {
  add(`a view written after free, ${i}`, 'EBB_DAMAGED', (heap, allocate) => {
    const pointer = allocate(heap, 100)
    const view = i === 1 ? heap.buffer(pointer) : heap.bytes(pointer)
    heap.free(pointer)
    view[random.below(100)] = 0x41
  })
}
for (let i = 0; i < 12; i++) {
  for (const way of [1, -1]) {
    const distance = i === 0 ? way : i === 1 ? 4096 * way : way * (1 + random.below(4096))
    add(`${distance} bytes written past a block`, 'EBB_DAMAGED', (heap, allocate) => {
      const byteLength = 1 + random.below(500)
      overrun(heap, allocate(heap, byteLength), byteLength, distance)
    })
  }
}
for (let i = 0; i < 16; i++) {
  const name = random.pick(accessors)
  const distance = 1 + random.below(4096)
  add(`${name} ${distance} bytes past a block, ${i}`, 'EBB_OUT_OF_BOUNDS', (heap, allocate) => {
    const byteLength = 1 + random.below(500)
    access(heap, name, allocate(heap, byteLength), i % 2 === 0 ? byteLength - 1 + distance : -distance)
  })
}
for (let i = 0; i < 6; i++) {
  add(`a double free after reuse, ${i}`, 'EBB_DOUBLE_FREE', (heap, allocate) => {
    const pointer = freed(heap, allocate)
    for (let n = 0; n < 20 * i; n++) heap.alloc(64)
    heap.free(pointer)
  })
  add(`a leak of ${i + 1}`, 'leak', (heap, allocate) => {
    for (let n = 0; n <= i; n++) allocate(heap, 10)
  })
  add(`a missed move, ${i}`, 'EBB_MOVED', (heap, allocate) => {
    const blocks = Array.from({ length: 2000 }, () => allocate(heap, 48))
    for (const [n, pointer] of blocks.entries()) if (n % 20 !== 0) heap.free(pointer)
    const from: Pointer[] = []
    heap.compact((before) => void from.push(before))
    if (i % 2 === 1) for (let n = 0; n < 2000; n++) heap.alloc(48)
    heap.getUint8(random.pick(from), 3)
  })
}
for (let i = 0; i < 8; i++) {
  const call = random.pick([
    'free',
    'usableSize',
    'bytes',
    'pin',
    'readString',
    'getInt8',
    'copyOut',
    'realloc',
  ] as const)
  add(`${call} in the wrong heap, ${i}`, 'EBB_INVALID_POINTER', (heap, allocate, other) => {
    ;(heap[call] as Access)(allocate(other, 32), 8)
  })
}

/** The mistake's error, or undefined. */
function errorOf(mistake: Mistake, heap: Heap, allocate: Allocate, other: Heap): DebugError | undefined {
  const background = Array.from({ length: 50 }, () => heap.alloc(1 + random.below(300)))
  for (const pointer of background) if (random.oneIn(2)) heap.free(pointer)
  try {
    mistake.make(heap, allocate, other)
    if ('check' in heap) (heap as DebugHeap).check()
  } catch (error) {
    return error as DebugError
  }
  return undefined
}

describe('a hundred mistakes', () => {
  it('are a hundred', () => {
    expect(mistakes.length).toBe(100)
  })

  it('are each named by a debug heap, with the place that allocated the block', () => {
    const options = { debug: { leaks: 'ignore', idle: false } } as const
    const unnamed: string[] = []
    for (const [i, mistake] of mistakes.entries()) {
      const [heap, other] = [new Heap(options) as DebugHeap, new Heap({ ...options, name: 'other' })]
      const site = `allocate${i}`
      const error = errorOf(mistake, heap, allocateAs(site), other)
      if (mistake.code === 'leak') {
        const leak = heap.leaks().find((one) => one.site.startsWith(site))
        if (`a leak of ${leak?.blocks}` !== mistake.name) unnamed.push(`${mistake.name}: ${leak?.blocks}`)
      } else {
        const found = [error, ...(error?.others ?? [])]
        const sites = found.map((one) => one?.block?.allocated[0] ?? one?.message ?? '')
        const isNamed = error?.code === mistake.code && sites.some((one) => one.includes(`${site} (`))
        if (!isNamed) unnamed.push(`${mistake.name}: ${error?.code} ${error?.message}`)
      }
      heap.close()
      other.close()
    }
    expect(unnamed).toEqual([])
  })

  it('are all survived by an ordinary heap', () => {
    for (const [i, mistake] of mistakes.entries()) {
      const [heap, other] = [new Heap(), new Heap()]
      const error = errorOf(mistake, heap, allocateAs(`allocate${i}`), other)
      if (error !== undefined)
        expect([mistake.name, error.message]).toEqual([mistake.name, expect.stringContaining('ebb: ')])
      for (const one of [heap, other]) {
        checkHeap(partsOf(one))
        one.close()
      }
    }
    expect(DebugError.name).toBe('DebugError')
  })
})
