import { expect, it } from 'vitest'
import { forAll, inTurn } from '../../lib/base/calls'

const fail = (what: string) => (): never => {
  throw new Error(what)
}

it('inTurn makes both calls and lets the first error out', () => {
  const seen: string[] = []
  expect(
    inTurn(
      () => 7,
      () => seen.push('second'),
    ),
  ).toBe(7)
  expect(() => inTurn(fail('first'), () => seen.push('after an error'))).toThrow('first')
  expect(() => inTurn(fail('first'), fail('second'))).toThrow('first')
  expect(() => inTurn(() => 1, fail('second'))).toThrow('second')
  expect(seen).toEqual(['second', 'after an error'])
})

it('forAll reaches all of a list and lets the first error out', () => {
  const seen: number[] = []
  expect(() =>
    forAll([1, 2, 3], (n) => {
      seen.push(n)
      if (n < 3) throw new Error(`at ${n}`)
    }),
  ).toThrow('at 1')
  expect(seen).toEqual([1, 2, 3])
})
