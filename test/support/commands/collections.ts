/** Commands on collections: a dict, a list, a set and a cache beside Map, Array and Set. */
import fc from 'fast-check'
import { bytes, Cache, Dict, HashSet, List, str } from '../../../lib/collections'
import { f64, i32 } from '../../../lib/records/types'
import { type Command, command, which } from './command'
import { CACHED_MOST, type Held, type Home, same, type World, within } from './world'

const HELD_MOST = 4
const KINDS = ['dict', 'list', 'set', 'cache'] as const

function make({ heap }: Home, kind: (typeof KINDS)[number]): Held {
  switch (kind) {
    case 'dict':
      return { kind, real: new Dict(heap, { key: str, value: bytes }), model: new Map() }
    case 'list':
      return { kind, real: new List(heap, str), model: [] }
    case 'set':
      return { kind, real: new HashSet(heap, i32), model: new Set() }
    default:
      return { kind, real: new Cache(heap, { key: str, value: f64, maxEntries: CACHED_MOST }), model: new Map() }
  }
}

const create = command(
  'new collection',
  [which, fc.constantFrom(...KINDS)],
  (world, n, kind) => {
    const home = world.home(n)
    const held = within(home, () => make(home, kind))
    if (held !== undefined) home.held.push(held)
    home.dead = undefined
  },
  (world, n) => world.home(n).held.length < HELD_MOST,
)

const text = (n: number): string => (n % 7 === 6 ? `€${'long '.repeat(n % 40)}` : `key ${n % 50}`)

/** Adds and replaces; where the limit refuses, nothing has changed. */
function add(world: World, home: Home, held: Held, n: number): void {
  home.dead = undefined
  within(home, () => {
    switch (held.kind) {
      case 'dict': {
        const value = world.noise(n % 300)
        held.real.set(text(n), value)
        held.model.set(text(n), value)
        break
      }
      case 'list':
        if (n % 2 === 0) same(held.real.push(text(n)), held.model.length + 1, 'length')
        else held.real.insert(n % (held.model.length + 1), text(n))
        held.model.splice(n % 2 === 0 ? held.model.length : n % (held.model.length + 1), 0, text(n))
        break
      case 'set':
        held.real.add(n)
        held.model.add(n)
        break
      default:
        held.real.set(text(n), n)
        held.model.set(text(n), n)
        held.real.get(text(n))
    }
  })
}

function remove(home: Home, held: Held, n: number): void {
  home.dead = undefined
  switch (held.kind) {
    case 'dict':
      same(held.real.delete(text(n)), held.model.delete(text(n)), 'deleted')
      break
    case 'list':
      if (held.model.length > 0) {
        const at = n % held.model.length
        same(held.real.remove(at), held.model.splice(at, 1)[0], 'removed')
      }
      break
    case 'set':
      same(held.real.delete(n), held.model.delete(n), 'deleted')
      break
    default:
      held.real.delete(text(n))
      held.model.delete(text(n))
      same(held.real.has(text(n)), false, 'what was just deleted')
  }
}

const pick = (world: World, n: number, m: number): Held => {
  const { held } = world.home(n)
  return held[m % held.length] as Held
}
const has = (world: World, n: number): boolean => world.home(n).held.length > 0

const addSome = command(
  'add',
  [which, which, fc.array(which, { maxLength: 40 })],
  (world, n, m, numbers) => {
    for (const number of numbers) add(world, world.home(n), pick(world, n, m), number)
  },
  has,
)

const removeSome = command(
  'remove',
  [which, which, fc.array(which, { maxLength: 20 })],
  (world, n, m, numbers) => {
    for (const number of numbers) remove(world.home(n), pick(world, n, m), number)
  },
  has,
)

const sort = command(
  'sort',
  [which, which],
  (world, n, m) => {
    const held = pick(world, n, m)
    if (held.kind !== 'list') return
    within(world.home(n), () => {
      held.real.sort()
      held.model.sort()
    })
  },
  has,
)

const clear = command(
  'clear',
  [which, which],
  (world, n, m) => {
    const { real, model } = pick(world, n, m)
    world.home(n).dead = undefined
    real.clear()
    if (Array.isArray(model)) model.length = 0
    else model.clear()
  },
  has,
)

const closeOne = command(
  'collection.close',
  [which, which],
  (world, n, m) => {
    const { held } = world.home(n)
    const [{ real }] = held.splice(m % held.length, 1) as [Held]
    real.close()
  },
  has,
)

export const COLLECTION_COMMANDS: readonly fc.Arbitrary<Command>[] = [
  create,
  addSome,
  addSome,
  addSome,
  removeSome,
  sort,
  clear,
  closeOne,
]
