import { expect, it } from 'vitest'
import { colourInk } from '../../../lib/cli/draw/ink'
import { table } from '../../../lib/cli/draw/table'

it('a table has its first column left, the others right, whatever their colours', () => {
  expect(
    table([
      ['a', '1'],
      ['bcd', '1234', 'x'],
    ]),
  ).toEqual(['a       1', 'bcd  1234  x'])
  const [first] = table([
    [colourInk('bold', 'a'), '1'],
    ['bcd', '22'],
  ])
  expect(first).toBe(`${colourInk('bold', 'a')}     1`)
  expect(table([])).toEqual([])
})
