/** The floors of lib/README.md and bench/README.md: who may import from whom, types included. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(__dirname, '..', '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** Paths of the TypeScript files below a folder, with / on every system. */
const filesBelow = (folder: string): string[] =>
  (readdirSync(path.join(root, folder), { recursive: true }) as string[])
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join(folder, file.replaceAll('\\', '/')))

/** Files of the project that a file imports, values and types, `import()` and re-exports alike. */
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'(\.[^']*)'/g)].map((match) => {
    const target = path.posix.join(path.posix.dirname(file), match[1] as string)
    return files.has(`${target}.ts`) ? `${target}.ts` : `${target}/index.ts`
  })

const lib = filesBelow('lib')
const bench = filesBelow('bench')
const files = new Set([...lib, ...bench, ...filesBelow('examples')])

/** Files without a test of their name, and the test that walks through them. */
const TESTED_ELSEWHERE = new Map([
  ['lib/index.ts', 'papers/package'],
  ['lib/cli/command.ts', 'cli/arguments'],
  ['lib/cli/commands/build.ts', 'papers/package'],
  ['lib/cli/draw/page.ts', 'cli/commands/report'],
  ['lib/cli/draw/snapshot-page.ts', 'cli/snapshot'],
  ['lib/cli/draw/theme.ts', 'cli/draw/line-svg'],
  ['lib/cli/exit.ts', 'cli/arguments'],
  ['lib/cli/facts/asked.ts', 'cli/facts/inspector'],
  ['lib/cli/files.ts', 'cli/commands/report'],
  ['lib/cli/io.ts', 'cli/index'],
  ['lib/cli/table.ts', 'cli/help'],
  ['lib/cli/target.ts', 'cli/commands/doctor'],
  ['lib/collections/number-dict.ts', 'collections/dict'],
  ['lib/collections/number-segments.ts', 'collections/directory'],
  ['lib/collections/number-table.ts', 'collections/dict'],
  ['lib/collections/owned-blocks.ts', 'collections/dict'],
  ['lib/collections/segments.ts', 'collections/directory'],
  ['lib/collections/struct-codec.ts', 'collections/dict'],
  ['lib/collections/table-iterator.ts', 'collections/face'],
  ['lib/collections/text.ts', 'collections/dict'],
  ['lib/collections/walk.ts', 'collections/dict'],
  ['lib/collections/words.ts', 'collections/dict'],
  ['lib/debug/at-exit.ts', 'debug/environment'],
  ['lib/debug/checked-bytes.ts', 'debug/debug-heap'],
  ['lib/debug/checked-numbers.ts', 'debug/mistakes'],
  ['lib/debug/damage.ts', 'debug/debug-heap'],
  ['lib/debug/debug-owners.ts', 'debug/debug-heap'],
  ['lib/debug/entries.ts', 'debug/debug-heap'],
  ['lib/debug/guards.ts', 'debug/debug-heap'],
  ['lib/debug/held-stats.ts', 'debug/debug-heap'],
  ['lib/debug/idle-check.ts', 'debug/debug-heap'],
  ['lib/debug/index.ts', 'debug/environment'],
  ['lib/debug/memory.ts', 'debug/debug-heap'],
  ['lib/debug/near-blocks.ts', 'debug/debug-heap'],
  ['lib/debug/pprof.ts', 'debug/snapshot'],
  ['lib/debug/refusals.ts', 'debug/mistakes'],
  ['lib/debug/report.ts', 'debug/debug-heap'],
  ['lib/debug/tracker.ts', 'debug/debug-heap'],
  ['lib/heap/blocks.ts', 'heap/heap'],
  ['lib/heap/bytes.ts', 'heap/strings'],
  ['lib/heap/debug-options.ts', 'debug/debug-heap'],
  ['lib/heap/read-options.ts', 'heap/options'],
  ['lib/live/index.ts', 'papers/package'],
  ['lib/live/preload.ts', 'cli/commands/live'],
  ['lib/live/protocol.ts', 'live/serve'],
  ['lib/live/view.ts', 'live/frames'],
  ['lib/live/worker.ts', 'live/serve'],
  ['lib/os/addon.ts', 'os/os-pages'],
  ['lib/os/files.ts', 'os/native-binding'],
  ['lib/collections/base-dict.ts', 'collections/dict'],
  ['lib/collections/cache-options.ts', 'collections/cache'],
  ['lib/collections/cache-table.ts', 'collections/cache'],
  ['lib/collections/codec.ts', 'collections/dict'],
  ['lib/collections/codecs.ts', 'collections/dict'],
  ['lib/collections/dict-faces.ts', 'collections/face'],
  ['lib/collections/dict-table.ts', 'collections/dict'],
  ['lib/collections/directory-block.ts', 'collections/directory'],
  ['lib/collections/entry-dict.ts', 'collections/dict'],
  ['lib/collections/entry-segments.ts', 'collections/directory'],
  ['lib/collections/entry-table.ts', 'collections/dict'],
  ['lib/collections/ghosts.ts', 'collections/cache'],
  ['lib/collections/hash.ts', 'collections/directory'],
  ['lib/collections/inspect.ts', 'collections/face'],
  ['lib/collections/kinds.ts', 'collections/dict'],
  ['lib/collections/base-list.ts', 'collections/list'],
  ['lib/collections/list-chunks.ts', 'collections/list'],
  ['lib/collections/list-kinds.ts', 'collections/list'],
  ['lib/collections/list-methods.ts', 'collections/list'],
  ['lib/collections/list-slots.ts', 'collections/list'],
  ['lib/collections/plain-reader.ts', 'collections/tree'],
  ['lib/os/region.ts', 'os/os-pages'],
  ['lib/pressure/source.ts', 'pressure/monitor'],
  ['lib/records/cursor.ts', 'records/record'],
  ['lib/records/fields.ts', 'records/record'],
  ['lib/records/follow.ts', 'records/record'],
  ['lib/records/rows.ts', 'records/record'],
  ['lib/rss/linux.ts', 'rss/index'],
  ['lib/space/near.ts', 'heap/numbers'],
  ['lib/space/thread-space.ts', 'space/space'],
])

/** Lines that a person writes: without those that scripts/write-kinds.js writes between its marks. */
const writtenLines = (text: string): number =>
  text.replace(/^ *\/\/ <written by .*?^ *\/\/ <\/written>/gms, '').split('\n').length

/** Folders of lib/, from the ground up. */
const FLOORS = [...read('lib/README.md').matchAll(/^- \[(\w+)\]\(\1\): \S/gm)].map((match) => match[1] as string)
const floorOf = (file: string): number => FLOORS.indexOf(file.split('/')[1] as string)

describe('lib/', () => {
  it('has its floors in the picture of docs/design.md, but for the two lowest', () => {
    const picture = read('docs/design.md').split('## The layers')[1]?.split('native/')[0] ?? ''
    const floors = [...picture.matchAll(/^ {2}(\w+)\/ {2,}\S/gm)].map((match) => match[1])
    expect(floors.reverse()).toEqual(FLOORS.slice(2))
  })

  it('has a line in its README for each folder, and no file beside index.ts and README.md', () => {
    const entries = readdirSync(path.join(root, 'lib'), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect(folders.sort()).toEqual([...FLOORS].sort())
    expect(new Set(FLOORS).size).toBe(FLOORS.length)
    expect(entries.filter((entry) => entry.isFile()).map((entry) => entry.name)).toEqual(['README.md', 'index.ts'])
  })

  it('imports from its own floor and from those below only', () => {
    const wrong: string[] = []
    let arrows = 0
    for (const file of lib.filter((name) => name !== 'lib/index.ts')) {
      for (const from of importsOf(file)) {
        arrows++
        if (!files.has(from)) wrong.push(`${file} imports ${from}, which is not there`)
        else if (floorOf(from) < 0 || floorOf(from) > floorOf(file)) wrong.push(`${file} imports ${from}`)
      }
    }
    expect(wrong).toEqual([])
    expect(arrows).toBeGreaterThan(100)
  })

  it('has no barrel: only the entry points of the package export what others define', () => {
    const entries = [
      'lib/index.ts',
      'lib/rss/index.ts',
      'lib/collections/index.ts',
      'lib/debug/index.ts',
      'lib/live/index.ts',
      'lib/pressure/index.ts',
    ]
    const barrels = lib.filter((file) => !entries.includes(file) && /^export .*\bfrom '/m.test(read(file)))
    expect(barrels).toEqual([])
  })

  it('has a test of the same name for each file that has code of its own', () => {
    const tests = new Set(
      filesBelow('test').map((file) => file.replace(/^test\//, 'lib/').replace(/\.test\.ts$/, '.ts')),
    )
    const untested = lib.filter((file) => !tests.has(file) && !TESTED_ELSEWHERE.has(file))
    expect(untested).toEqual([])
    for (const test of TESTED_ELSEWHERE.values()) expect(tests, test).toContain(`lib/${test}.ts`)
    expect([...TESTED_ELSEWHERE.keys()].filter((file) => tests.has(file) || !files.has(file))).toEqual([])
  })

  it('has no file above 330 lines that a person writes', () => {
    const long = [...lib, ...bench].filter((file) => writtenLines(read(file)) > 330)
    expect(long).toEqual([])
  })
})

/** Folders in a part of bench/README.md, in order. */
const benchFolders = (from: string, to: string): string[] => {
  const text = read('bench/README.md')
  const part = text.slice(text.indexOf(`\n${from}`), text.indexOf(`\n${to}`))
  return [...part.matchAll(/^- \[(\w+)\]\(\1\): \S/gm)].map((match) => match[1] as string)
}

describe('bench/', () => {
  const shared = benchFolders('Shared, from the ground up.', 'Subjects.')
  const subjects = benchFolders('Subjects.', 'In a subject')
  /** Undefined for a command, which lies beside the folders. */
  const folderOf = (file: string): string | undefined => file.match(/^bench\/(\w+)\//)?.[1]

  it('has a line in its README for each folder', () => {
    const entries = readdirSync(path.join(root, 'bench'), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect([...shared, ...subjects].sort()).toEqual(folders.sort())
  })

  it('imports from shared folders on its own floor or below, and never from one subject into another', () => {
    const isAllowed = (file: string, from: string): boolean => {
      if (from.startsWith('lib/')) return from === 'lib/base/layout.ts'
      const [own, other] = [folderOf(file), folderOf(from)]
      if (own === undefined || own === other) return true
      if (other === undefined || subjects.includes(other)) return false
      return subjects.includes(own) || shared.indexOf(other) < shared.indexOf(own)
    }
    const arrows = bench.flatMap((file) => importsOf(file).map((from) => [file, from] as const))
    expect(arrows.filter(([, from]) => !files.has(from))).toEqual([])
    expect(arrows.filter(([file, from]) => !isAllowed(file, from))).toEqual([])
    expect(arrows.length).toBeGreaterThan(100)
  })

  it('has no circle', () => {
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '))
      if (done.has(file) || trail.includes(file)) return
      for (const from of importsOf(file)) visit(from, [...trail, file])
      done.add(file)
    }
    for (const file of bench) visit(file, [])
    expect(circles).toEqual([])
  })
})
