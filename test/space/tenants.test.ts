import { expect, it } from 'vitest'
import type { Slot } from '../../lib/base/layout'
import { ARENA, KEPT, KIND_BITS, TENANT_WORDS, Tenants } from '../../lib/space/tenants'

it('say what a slot holds, of which heap, and in pools how long it is', () => {
  const words = new Int32Array(5 + 4 * TENANT_WORDS)
  const tenants = new Tenants(words, 5)
  tenants.note(1 as Slot, 7, ARENA)
  tenants.note(2 as Slot, 4095, KEPT, 8 * 4096, 3 * 4096)
  expect([...words.subarray(5)]).toEqual([
    ...[0, 0, 0, 0],
    ...[(7 << KIND_BITS) | ARENA, 0, 0, 0],
    ...[(4095 << KIND_BITS) | KEPT, 8, 3, 0],
    ...[0, 0, 0, 0],
  ])
  tenants.forget(2 as Slot)
  expect(words[5 + 2 * TENANT_WORDS]).toBe(0)
})

it('keep the holds of slots in the same records', () => {
  const words = new Int32Array(4 * TENANT_WORDS)
  const tenants = new Tenants(words, 0)
  tenants.setHolds(1 as Slot, 2, 5)
  tenants.note(1 as Slot, 7, ARENA)
  tenants.forget(1 as Slot)
  expect([0, 1, 2, 3].map((slot) => tenants.holdOf(slot))).toEqual([0, 5, 5, 0])
  words[tenants.holdAt(2)] = 6
  expect(tenants.holdOf(2)).toBe(6)
})
