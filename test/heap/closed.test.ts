import { describe, expect, it } from 'vitest'
import { f64, record, u8 } from '../../lib'
import type { Pointer } from '../../lib/base/layout'
import { refuseIn } from '../../lib/heap/closed'
import { Heap } from '../../lib/heap/heap'
import { caught } from '../support/caught'

const KINDS = ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64', 'BigInt64', 'BigUint64']

const MESSAGE = 'ebb: access on a closed heap; make a new Heap, or close this one later'

type Accessor = (pointer: Pointer, byteOffset: number, value?: unknown) => unknown

describe('the accessors of a closed heap', () => {
  it('are replaced on their own object alone, until one that cannot be changed closes; then once for all', () => {
    class Base {
      read(): number {
        return 7
      }
    }
    class Derived extends Base {}
    const real = Base.prototype.read
    const [first, second, third, open] = [new Derived(), new Derived(), new Derived(), new Derived()]
    refuseIn(first, ['read'])
    expect([caught(() => first.read()).message, Base.prototype.read]).toEqual([MESSAGE, real])
    refuseIn(Object.freeze(second), ['read'])
    const guarded = Base.prototype.read
    expect([caught(() => second.read()).message, guarded === real, Object.hasOwn(Derived.prototype, 'read')]).toEqual([
      MESSAGE,
      false,
      false,
    ])
    refuseIn(Object.freeze(third), ['read'])
    expect([caught(() => third.read()).message, Base.prototype.read === guarded, open.read()]).toEqual([
      MESSAGE,
      true,
      7,
    ])
  })

  it('refuse, every one of them, near and far', () => {
    const heap = new Heap()
    const pointers = [heap.alloc(16), heap.alloc(1e6), 5 as Pointer]
    heap.close()
    for (const kind of KINDS) {
      for (const verb of ['get', 'set']) {
        const accessor = heap[`${verb}${kind}` as keyof Heap] as unknown as Accessor
        const value = kind.startsWith('Big') ? 1n : 1
        for (const pointer of pointers) {
          const error = caught(() => accessor.call(heap, pointer, 0, value))
          expect([kind, error.code, error.message]).toEqual([kind, 'EBB_CLOSED', MESSAGE])
        }
      }
    }
  })

  for (const lock of ['freeze', 'seal', 'preventExtensions'] as const) {
    it(`refuse after Object.${lock}() too, those of fields and rows with them, and others go on`, () => {
      const [locked, open] = [new Heap(), new Heap()]
      const point = record(locked, { x: f64, tag: u8 })
      const other = record(open, { x: f64, tag: u8 })
      const [here, there] = [point.alloc(), other.alloc()]
      const cursor = point.cursor(here)
      for (const object of [locked, point.fields.x, point.fields.tag, cursor, cursor.row])
        (Object[lock] as (object: unknown) => unknown)(object)
      expect([cursor.at(0).x, point.fields.x.get(here), locked.getUint8(here, 0)]).toEqual([0, 0, 0])
      locked.close()
      const calls = [
        () => locked.getFloat64(here, 0),
        () => locked.setInt32(here, 0, 1),
        () => locked.alloc(16),
        () => point.fields.x.get(here),
        () => point.fields.tag.set(here, 1),
        () => cursor.at(0),
        () => cursor.row.x,
        () => {
          cursor.row.tag = 1
        },
      ]
      expect(calls.map((call) => caught(call).code)).toEqual(calls.map(() => 'EBB_CLOSED'))
      expect(caught(() => locked.getFloat64(here, 0)).message).toBe(MESSAGE)
      other.cursor(there).row.x = 5
      other.fields.tag.set(there, 6)
      expect([other.toObject(there), open.getFloat64(there, 0)]).toEqual([{ x: 5, tag: 6 }, 5])
      open.close()
    })
  }

  it('are those of that heap only, which is one still', () => {
    class Named extends Heap {
      greet(): string {
        return `I am ${this.name}`
      }
    }
    const [closed, open, named] = [new Heap(), new Heap(), new Named({ name: 'ebb' })]
    const pointer = open.alloc(16)
    closed.close()
    named.close()
    closed.close()
    open.setInt32(pointer, 0, 7)
    expect([open.getInt32(pointer, 0), closed instanceof Heap, named instanceof Named]).toEqual([7, true, true])
    expect([named.greet(), closed.stats().mappedBytes]).toEqual(['I am ebb', 0])
    expect(caught(() => named.getUint8(pointer, 0)).code).toBe('EBB_CLOSED')
    const other = new Named()
    other.setUint8(other.alloc(1), 0, 1)
    for (const heap of [open, other]) heap.close()
  })
})
