import { expect, it } from 'vitest'
import { RuntimeSource } from '../../lib/pressure/runtime'
import { TestMachine } from '../support/test-machine'

it('counts what the runtime tells', () => {
  const { system } = new TestMachine()
  let tell: (level: unknown) => void = () => undefined
  let isOpen = true
  system.onRuntimePressure = (callback) => {
    tell = callback
    return () => {
      isOpen = false
    }
  }
  let calls = 0
  const source = RuntimeSource.open(system, () => calls++)!
  for (const level of ['warning', 'critical', 'critical']) tell(level)
  expect([source.read(), calls]).toEqual([{ warnings: 1, criticals: 2, bytes: undefined, limit: undefined }, 3])
  source.close()
  expect(isOpen).toBe(false)
})

it.skipIf(process.versions.bun !== undefined)('is none where the runtime has no such event', () => {
  expect(RuntimeSource.open(new TestMachine().system, () => undefined)).toBeUndefined()
})
