/** Which class `new Heap` makes, by the options and the environment. The module is loaded anew for each test. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CheckedOptions } from '../../lib/heap/options'
import { caught } from '../support/caught'

type Module = typeof import('../../lib/heap/variants')

async function fresh(env: string | undefined): Promise<Module> {
  vi.resetModules()
  if (env === undefined) delete process.env.EBB_DEBUG
  else process.env.EBB_DEBUG = env
  return import('../../lib/heap/variants.js')
}

/** Checked options that ask for nothing. */
const plain = { profile: 0, clearOnFree: false } as unknown as CheckedOptions
const options = (some: object): CheckedOptions => ({ ...plain, ...some })
/** Classes that tell what they were made with. */
const made = {
  debug: (given: CheckedOptions) => ({ kind: 'debug', debug: given.debug, profile: given.profile }),
  profile: (given: CheckedOptions) => ({ kind: 'profile', profile: given.profile }),
}

const before = process.env.EBB_DEBUG
beforeEach(() => void delete process.env.EBB_DEBUG)
afterEach(() => {
  if (before === undefined) delete process.env.EBB_DEBUG
  else process.env.EBB_DEBUG = before
})

describe('the heap of another class', () => {
  it('is none where nothing asks for one', async () => {
    for (const env of [undefined, '', '0']) {
      const { setVariants, variantFor } = await fresh(env)
      setVariants(made)
      expect([variantFor(plain), variantFor(options({ debug: false }))]).toEqual([undefined, undefined])
    }
  })

  it('is a debug heap where the option or the environment asks, and the option goes first', async () => {
    const { setVariants, variantFor } = await fresh(undefined)
    setVariants(made)
    expect(variantFor(options({ debug: { stacks: 3 } }))).toEqual({ kind: 'debug', debug: { stacks: 3 }, profile: 0 })
    expect(variantFor(options({ debug: {}, profile: 64 }))).toEqual({ kind: 'debug', debug: {}, profile: 64 })
    const byEnvironment = await fresh('1')
    byEnvironment.setVariants(made)
    expect(byEnvironment.variantFor(plain)).toEqual({ kind: 'debug', debug: {}, profile: 0 })
    expect(byEnvironment.variantFor(options({ debug: false }))).toBe(undefined)
    expect(byEnvironment.variantFor(options({ debug: false, profile: 64 }))).toEqual({ kind: 'profile', profile: 64 })
  })

  it('samples, or clears what is freed, where that is asked for', async () => {
    const { setClearing, setVariants, variantFor } = await fresh(undefined)
    expect(caught(() => variantFor(options({ clearOnFree: true })))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'ebb: option clearOnFree needs the module clearing-heap, which is not loaded; import ebb',
    })
    setClearing((given) => ({ kind: 'clearing', clearOnFree: given.clearOnFree }))
    setVariants(made)
    expect(variantFor(options({ clearOnFree: true }))).toEqual({ kind: 'clearing', clearOnFree: true })
    expect(variantFor(options({ profile: 64 }))).toEqual({ kind: 'profile', profile: 64 })
    expect(variantFor(plain)).toBe(undefined)
  })

  it('has its code loaded when the first is made, once', async () => {
    const { loadVariantsBy, setVariants, variantFor } = await fresh(undefined)
    const missing = 'ebb: options debug and profile need the module ebb/debug, which is not loaded; import it first'
    expect(caught(() => variantFor(options({ debug: {} })))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: missing,
    })
    const load = vi.fn(() => setVariants(made))
    loadVariantsBy(load)
    expect([variantFor(plain), load.mock.calls.length]).toEqual([undefined, 0])
    for (let i = 0; i < 2; i++) expect(variantFor(options({ profile: 64 }))).toEqual({ kind: 'profile', profile: 64 })
    expect(load).toHaveBeenCalledTimes(1)
  })
})
