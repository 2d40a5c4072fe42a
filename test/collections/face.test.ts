/** What stands on collections at run time: the public interface, and nothing else. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bool, f64, Heap, i32, struct, u8 } from '../../lib'
import { BaseDict, BaseList, bytes, Cache, Dict, fromObject, HashSet, List, str, value } from '../../lib/collections'

const api = readFileSync(path.join(__dirname, '..', '..', 'docs', 'api.md'), 'utf8')

/** What every iterator of the runtime inherits. */
const ITERATOR = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object

/** Names of all properties that an object has or inherits, without those of every object and of every iterator. */
function namesOf(object: object): string[] {
  const names = new Set<string>()
  for (let face = object; face !== Object.prototype && face !== ITERATOR; face = Object.getPrototypeOf(face))
    for (const key of Reflect.ownKeys(face)) names.add(String(key))
  return [...names].filter((name) => name !== 'constructor').sort()
}

/** Their names differ from one version of Node to another. */
const nameOf = (key: symbol): string => String(key)
const symbols = [Symbol.dispose, Symbol.iterator, Symbol.toStringTag].map(nameOf)
const INSPECT = nameOf(inspect.custom)
const COMMON = 'byteLength clear close delete entries forEach has heap keys size uncloneable values'.split(' ')
const ITERATOR_NAMES = ['next', INSPECT]

describe('a collection has its public methods alone', () => {
  const heap = new Heap()
  const dict = [...COMMON, ...'get getInto getOr getOrInsert reserve set'.split(' '), ...symbols, INSPECT]
  const list = [
    ...'at byteLength clear close copyOut fill forEach get heap includes indexOf insert kind length pop push'.split(
      ' ',
    ),
    ...'pushAll remove set shift slice sort toArray toJSON uncloneable unshift'.split(' '),
    ...symbols,
    INSPECT,
  ]
  const cases: Record<string, [object, string[]]> = {
    'Dict of i32 and f64': [new Dict(heap, { key: i32, value: f64 }), dict],
    'Dict of i32 and i32': [new Dict(heap, { key: i32, value: i32 }), dict],
    'Dict of str and f64': [new Dict(heap, { key: str, value: f64 }), dict],
    'Dict of u8 and str': [new Dict(heap, { key: u8, value: str }), dict],
    'Dict of bytes and str': [new Dict(heap, { key: bytes, value: str }), dict],
    HashSet: [new HashSet(heap, str), [...COMMON, 'add', 'reserve', ...symbols, INSPECT]],
    Cache: [
      new Cache(heap, { key: str, value: bytes, maxEntries: 9 }),
      [...COMMON, ...'get getInto peek purgeStale resize set shrinkTo stats'.split(' '), ...symbols, INSPECT],
    ],
    'List of f64': [new List(heap, f64), list],
    'List of bool': [new List(heap, bool), list],
    'List of str': [new List(heap, str), list],
    'an iterator of a List': [new List(heap, f64)[Symbol.iterator](), ITERATOR_NAMES],
    Tree: [
      fromObject(heap, [1]),
      [
        ...'byteLength close get heap size toJSON toObject uncloneable'.split(' '),
        ...symbols,
        INSPECT,
        'Symbol(ebb.mark)',
      ].filter((name) => name !== nameOf(Symbol.iterator)),
    ],
    'an iterator': [new Dict(heap, { key: i32, value: f64 }).keys(), ITERATOR_NAMES],
  }
  for (const [name, [object, names]] of Object.entries(cases)) {
    it(name, () => {
      expect(namesOf(object)).toEqual([...names].sort())
      expect(names.filter((one) => !one.includes('Symbol') && one !== 'next' && !api.includes(`\`${one}`))).toEqual([])
    })
  }

  it('and refuses to be called on another thing, or made by its class alone', () => {
    const { reserve, keys, get } = Dict.prototype
    expect(() => reserve.call({} as never, 1)).toThrow(/a method of a Dict was called on an object/)
    expect(() => keys.call(undefined as never)).toThrow(/a method of a Dict was called on undefined/)
    expect(() => get.call(new Map() as never, 1)).toThrow(TypeError)
    expect(() => new BaseDict(heap as never)).toThrow(/new Dict\(heap, \{ key, value \}\)/)
    const { insert, push } = List.prototype
    expect(() => insert.call([] as never, 0, 1 as never)).toThrow(/a method of a List was called on an array/)
    expect(() => push.call([] as never, 1 as never)).toThrow(TypeError)
    expect(() => new BaseList(heap as never)).toThrow(/new List\(heap, kind\)/)
  })
})

describe('what is no kind is refused with the import that is wanted', () => {
  const heap = new Heap()
  const takers: Record<string, (kind: never) => unknown> = {
    'a key of a Dict': (kind) => new Dict(heap, { key: kind, value: f64 }),
    'a value of a Dict': (kind) => new Dict(heap, { key: str, value: kind }),
    'a HashSet': (kind) => new HashSet(heap, kind),
    'a List': (kind) => new List(heap, kind),
    'a key of a Cache': (kind) => new Cache(heap, { key: kind, value: bytes, maxEntries: 9 }),
    'a value of a Cache': (kind) => new Cache(heap, { key: str, value: kind, maxEntries: 9 }),
  }
  for (const [name, make] of Object.entries(takers))
    it(`by ${name}`, () => {
      expect(() => make('str' as never)).toThrow(/got "str"; .* import \{ str \} from 'ebb\/collections'$/)
      expect(() => make('f64' as never)).toThrow(/got "f64"; .* import \{ f64 \} from 'ebb'$/)
      const modules = /imported from 'ebb'; str, bytes and value from 'ebb\/collections'/
      for (const other of [undefined, String, 'text', null, {}]) expect(() => make(other as never)).toThrow(modules)
      expect(() => make(undefined as never)).toThrow(
        /got undefined; .*a name that a module does not have is undefined$/,
      )
    })

  it('and keys are neither structs nor trees', () => {
    const remedy = 'a key is compared whole, so take the number or the text in it that is unique'
    expect(() => new HashSet(heap, struct({ x: f64 }) as never)).toThrow(`got a struct; ${remedy}`)
    expect(() => new Dict(heap, { key: value as never, value })).toThrow(`got the kind value; ${remedy}`)
  })
})

describe('console.log', () => {
  it('shows some entries of a Dict and a HashSet on one line', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: str, value: f64 })
    expect(inspect(dict)).toBe('Dict(0) {}')
    dict.set('a', 1.5)
    expect(inspect(dict)).toBe('Dict(1) { "a" => 1.5 }')
    for (let i = 0; i < 99; i++) dict.set(`key ${i}`, i)
    expect(inspect(dict)).toMatch(/^Dict\(100\) \{ ("[^"]+" => [\d.]+, ){8}\.\.\. 92 more \}$/)
    expect(inspect(new HashSet(heap, i32).add(7))).toBe('HashSet(1) { 7 }')
    expect(JSON.stringify(dict)).toBe('{}')
    dict.close()
    expect(inspect(dict)).toBe('Dict closed')
  })
})
