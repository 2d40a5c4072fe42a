/** What the compiler infers and refuses. `tsc` checks this file; running it shows that what is refused is also refused then. */
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  bool,
  type Cursor,
  type Field,
  f64,
  Heap,
  i64,
  type Pointer,
  type RecordType,
  type RowOf,
  record,
  ref,
  struct,
  u8,
  type ValuesOf,
} from '../../lib'

const heap = new Heap()
afterAll(() => heap.close())

const vector = struct({ x: f64, y: f64 })
const particle = record(heap, { at: vector, tag: u8, serial: i64, isAlive: bool, next: ref })

interface ParticleValues {
  at: { x: number; y: number }
  tag: number
  serial: bigint
  isAlive: boolean
  next: Pointer | 0
}

/** Code that must not compile, and need not run. */
const compiled = (_code: () => unknown): void => {}

describe('records', () => {
  it('infer the type of every field from the shape', () => {
    expectTypeOf(particle.fields.at.x).toEqualTypeOf<Field<number>>()
    expectTypeOf(particle.fields.tag).toEqualTypeOf<Field<number>>()
    expectTypeOf(particle.fields.serial).toEqualTypeOf<Field<bigint>>()
    expectTypeOf(particle.fields.isAlive).toEqualTypeOf<Field<boolean>>()
    expectTypeOf(particle.fields.next).toEqualTypeOf<Field<Pointer | 0>>()
    expectTypeOf(particle.alloc()).toEqualTypeOf<Pointer>()
    expectTypeOf(vector.offsets).toEqualTypeOf<{ readonly x: number; readonly y: number }>()
    expectTypeOf(record(heap, vector)).toEqualTypeOf<RecordType<{ x: typeof f64; y: typeof f64 }>>()
  })

  it('infer plain objects and cursor rows', () => {
    expectTypeOf<ValuesOf<(typeof particle.struct)['shape']>>().toEqualTypeOf<ParticleValues>()
    expectTypeOf(particle.toObject).returns.toEqualTypeOf<ParticleValues>()
    expectTypeOf(particle.fromObject).parameter(0).toEqualTypeOf<ParticleValues>()
    expectTypeOf(particle.cursor).returns.toEqualTypeOf<Cursor<(typeof particle.struct)['shape']>>()
    const { row } = particle.cursor(particle.alloc())
    expectTypeOf(row).toEqualTypeOf<RowOf<(typeof particle.struct)['shape']>>()
    expectTypeOf(row.at.x).toEqualTypeOf<number>()
    expectTypeOf(row.serial).toEqualTypeOf<bigint>()
    expectTypeOf(row.next).toEqualTypeOf<Pointer | 0>()
  })

  it('make a ref a pointer once it is known not to be 0', () => {
    const next = particle.fields.next.get(particle.alloc())
    if (next !== 0) expectTypeOf(next).toEqualTypeOf<Pointer>()
    expect(next).toBe(0)
  })

  it('refuse wrong names when compiled', () => {
    const pointer = particle.alloc()
    // @ts-expect-error there is no such field
    expect(particle.fields.colour).toBeUndefined()
    // @ts-expect-error there is no such nested field
    expect(particle.fields.at.z).toBeUndefined()
    // @ts-expect-error there is no such field
    expect(() => particle.assign(pointer, { colour: 1 })).toThrow('no field colour')
    // @ts-expect-error one is missing
    expect(() => particle.fromObject({ at: { x: 1, y: 2 }, tag: 1, serial: 1n, isAlive: true })).toThrow('next has no')
    // @ts-expect-error a row has its fields and no more
    compiled(() => particle.cursor(pointer).row.colour)
    // @ts-expect-error a struct has its fields and no more
    compiled(() => vector.offsets.z)
  })

  it('refuse wrong values when compiled', () => {
    const pointer = particle.alloc()
    const { fields } = particle
    // @ts-expect-error a number field
    expect(() => fields.tag.set(pointer, '1')).toThrow(TypeError)
    // @ts-expect-error a bigint field
    expect(() => fields.serial.set(pointer, 1)).toThrow(TypeError)
    // @ts-expect-error a boolean field
    expect(() => fields.isAlive.set(pointer, 1)).toThrow(TypeError)
    // @ts-expect-error any number is no pointer
    compiled(() => fields.next.set(pointer, 5))
    // @ts-expect-error a nested value
    expect(() => particle.assign(pointer, { at: { x: 'left' } })).toThrow(TypeError)
    const { row } = particle.cursor(pointer)
    expect(() => {
      // @ts-expect-error a number field
      row.tag = '1'
    }).toThrow(TypeError)
    expect(() => {
      // @ts-expect-error a nested struct is written field by field
      row.at = { x: 1, y: 2 }
    }).toThrow(TypeError)
  })

  it('refuse what is no pointer and what is no type when compiled', () => {
    // @ts-expect-error a plain number is no pointer
    compiled(() => particle.fields.tag.get(16384))
    // @ts-expect-error neither is 0
    expect(() => particle.fields.tag.get(0)).toThrow('null pointer')
    // @ts-expect-error nor what a ref may be
    compiled(() => particle.fields.tag.get(particle.fields.next.get(particle.alloc())))
    // @ts-expect-error types are the exported values
    expect(() => record(heap, { x: 'f64' })).toThrow('must be a type')
    // @ts-expect-error a shape is needed
    expect(() => record(heap)).toThrow('needs an object of fields')
  })
})
