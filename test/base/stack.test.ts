import { expect, it } from 'vitest'
import { mustHaveStack } from '../../lib/base/stack'

it('passes where there is room, and throws RangeError some frames before the stack ends', () => {
  mustHaveStack(0)
  const depths = { plain: 0, asking: 0 }
  const fall = (): void => {
    depths.plain++
    fall()
  }
  const ask = (): void => {
    mustHaveStack(0)
    depths.asking++
    ask()
  }
  expect(fall).toThrow(RangeError)
  expect(ask).toThrow(RangeError)
  expect([depths.asking > 100, depths.plain > depths.asking]).toEqual([true, true])
})
