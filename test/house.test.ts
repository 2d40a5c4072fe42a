/** The house order of docs/design.md: a file imports only files above it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const LIB = join(__dirname, '..', 'lib')

/** From the ground up. Imports of types alone are exempt: they are gone at run time. */
const ORDER = [
  'bits',
  'weak-list',
  'layout',
  'errors',
  'clock',
  'size-class',
  'space-plan',
  'slots',
  'space',
  'native-binding',
  'os-pages',
  'ledger',
  'arena-list',
  'mappings',
  'block-map',
  'arena-table',
  'usable-arenas',
  'dirty-arenas',
  'used-pools',
  'decay',
  'arenas',
  'purger',
  'small',
  'runs',
  'large-memory',
  'large',
  'recover',
  'parts',
  'blocks',
  'pins',
  'refuse',
  'free',
  'realloc',
  'compact',
  'stats',
  'check-heap',
  'near-views',
  'accessors',
  'closed-accessors',
  'strings',
  'block-data',
  'fast-blocks',
  'heap',
  'record-types',
  'record-fields',
  'record-rows',
  'record-cursor',
  'record-moves',
  'record',
  'rss-linux',
  'rss',
  'index',
]

const files = readdirSync(LIB)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => file.slice(0, -3))

/** Files of lib/ whose values a file imports. */
function valueImports(file: string): string[] {
  const source = readFileSync(join(LIB, `${file}.ts`), 'utf8')
  const imports: string[] = []
  for (const [, what = '', from = ''] of source.matchAll(/^(?:import|export)\s+([^'"]*?)\s*from\s+'\.\/([\w-]+)'/gm)) {
    const names = /\{([^}]*)\}/.exec(what)?.[1]?.split(',') ?? ['*']
    const isTypesOnly = what.startsWith('type ') || names.every((name) => /^\s*(type\s|$)/.test(name))
    if (!isTypesOnly) imports.push(from)
  }
  return imports
}

describe('lib/', () => {
  it('has no file that the order does not know', () => {
    expect(files.filter((file) => !ORDER.includes(file))).toEqual([])
    expect(new Set(ORDER).size).toBe(ORDER.length)
  })

  it('imports values from files above only, so that there are no cycles', () => {
    const wrong: string[] = []
    for (const file of files) {
      for (const from of valueImports(file)) {
        if (!files.includes(from)) wrong.push(`${file} imports ${from}, which is not there`)
        else if (ORDER.indexOf(from) >= ORDER.indexOf(file)) wrong.push(`${file} imports ${from}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('has the tests of every file beside each other: one of the same name', () => {
    const tests = new Set(readdirSync(__dirname).map((file) => file.replace(/\.test\.ts$/, '')))
    const untested = files.filter(
      (file) =>
        !tests.has(file) &&
        !file.startsWith('record') &&
        !/^(index|parts|strings|block-data|fast-blocks|near-views|rss|rss-linux)$/.test(file),
    )
    expect(untested).toEqual([])
  })
})
