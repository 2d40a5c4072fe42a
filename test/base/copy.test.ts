import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { markAsOurs, refuseForeign } from '../../lib/base/copy'

const root = path.join(__dirname, '..', '..')

class Thing {}
markAsOurs(Thing, 'thing')

/** The same module, loaded once more. */
let other: typeof import('../../lib/base/copy.js')
class OtherThing {}

beforeAll(async () => {
  vi.resetModules()
  other = await import('../../lib/base/copy.js')
  other.markAsOurs(OtherThing, 'thing')
})
afterAll(() => vi.resetModules())

function refusal(value: unknown, refuse = refuseForeign): unknown {
  try {
    refuse(value, 'record()')
  } catch (error) {
    return error
  }
  return undefined
}

describe('what another copy of ebb made', () => {
  it('is told from what this one made, both ways', () => {
    const { refuseForeign: refuseThere } = other
    expect([refusal(new OtherThing()), refusal(new Thing(), refuseThere)]).toEqual([
      expect.any(TypeError),
      expect.any(TypeError),
    ])
    expect([refusal(new Thing()), refusal(new OtherThing(), refuseThere)]).toEqual([undefined, undefined])
  })

  it('is nothing that only answers to the name of the mark, as a proxy may', () => {
    const answers = [
      null,
      5,
      'mark',
      {},
      { what: Symbol('x'), folder: '', copy: {} },
      { what: 'thing', folder: '', copy: null },
    ]
    for (const answer of answers) expect(refusal(new Proxy({}, { get: () => answer }))).toBe(undefined)
  })

  it('is refused by name, with the folder of a copy that was loaded twice', () => {
    const error = refusal(new OtherThing())
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toBe(
      `ebb: record() was given a thing of another copy of ebb, where the same pointer means another block. Both were loaded from ${root}: ` +
        'the modules were reset in between (jest.resetModules) or belong to two realms; load ebb once.',
    )
  })

  it('is refused with both folders where there are two, and the command that tells why', () => {
    const elsewhere = { [Symbol.for('ebb.mark')]: { what: 'heap', folder: '/app/node_modules/a/ebb', copy: {} } }
    const { message } = refusal(elsewhere) as Error
    expect(message).toContain('a heap of another copy')
    expect(message).toContain(`It comes from /app/node_modules/a/ebb, this one is ${root}: \`npm ls ebb\``)
  })

  it('is nothing else: what this copy made, and what no copy made, passes', () => {
    for (const value of [new Thing(), {}, null, undefined, 5, 'text', Symbol('s'), () => 1, Object.create(null)]) {
      expect(refusal(value)).toBeUndefined()
    }
  })

  it('bears a mark that no listing of its keys shows', () => {
    const thing = new Thing()
    expect([Reflect.ownKeys(thing), { ...thing }]).toEqual([[], {}])
    expect(JSON.stringify(thing)).toBe('{}')
  })
})
