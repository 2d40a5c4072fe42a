/** Two copies of ebb in a process: each refuses what the other made, by name. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { f64, Heap, i32, record, type struct, u32 } from '../../lib'
import { Dict } from '../../lib/collections'

/** The built package: a copy of its own, with an addon and a space of its own. */
const other = createRequire(__filename)(path.join(__dirname, '..', '..', 'dist', 'index.js')) as {
  Heap: typeof Heap
  record: typeof record
  struct: typeof struct
  u32: typeof u32
}

describe('what another copy of ebb made', () => {
  const theirs = new other.Heap()
  const ours = new Heap()

  it('is refused where a heap is wanted', () => {
    expect(() => record(theirs, { x: u32 })).toThrow(/record\(\) was given a heap of another copy of ebb/)
    expect(() => new Dict(theirs, { key: i32, value: f64 })).toThrow(/given a heap of another copy of ebb/)
  })

  it('is refused where a field or a struct is wanted', () => {
    expect(() => record(ours, { x: other.u32 })).toThrow(/struct\(\) was given a field type of another copy of ebb/)
    expect(() => record(ours, other.struct({ x: other.u32 }))).toThrow(/record\(\) was given a struct of another copy/)
    expect(() => new Dict(ours, { key: other.u32, value: f64 })).toThrow(/given a field type of another copy of ebb/)
  })

  it('works beside ours, and neither notices', () => {
    const [a, b] = [ours.alloc(16), theirs.alloc(16)]
    ours.setUint32(a, 0, 1)
    theirs.setUint32(b, 0, 2)
    expect([ours.getUint32(a, 0), theirs.getUint32(b, 0)]).toEqual([1, 2])
    theirs.close()
    expect(ours.getUint32(a, 0)).toBe(1)
    ours.close()
  })
})
