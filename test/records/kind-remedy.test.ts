import { describe, expect, it } from 'vitest'
import * as ebb from '../../lib'
import * as collections from '../../lib/collections'
import { remedyOf, remedyOfField } from '../../lib/records/kind-remedy'

describe('what is no kind', () => {
  it('is to be imported from a module that has the name', () => {
    const names = 'i8 u8 i16 u16 i32 u32 f32 f64 i64 u64 bool ref struct'.split(' ')
    for (const name of names) {
      expect(ebb).toHaveProperty(name)
      expect(remedyOf(name)).toBe(`write ${name} without quotes, and import { ${name} } from 'ebb'`)
      expect(remedyOfField(name)).toBe(remedyOf(name))
    }
    for (const name of ['str', 'bytes', 'value']) {
      expect(collections).toHaveProperty(name)
      expect(remedyOf(name)).toContain(`import { ${name} } from 'ebb/collections'`)
      expect(remedyOfField(name)).toContain('take a ref')
    }
  })

  it('gets both modules told where it is nothing that they have', () => {
    for (const other of [null, 'text', 7, String, {}]) expect(remedyOf(other)).toMatch(/'ebb';.*'ebb\/collections'$/)
    expect(remedyOf(undefined)).toMatch(/; a name that a module does not have is undefined$/)
  })
})
