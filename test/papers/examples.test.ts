/** Runs the examples as a user does: transpiled, in a process of their own, against the built package. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(__dirname, '..', '..')

/** Megabytes that a heap has resident: a debug heap has guards and a quarantine in them. */
const resident = (megabytes: string): string => (process.env.EBB_DEBUG ? String.raw`\d+(?:\.\d)?` : megabytes)

/** What an example prints must hold, beside its own checks, which throw. */
const printed: Record<string, readonly RegExp[]> = {
  'string-builder': [
    /^100000 lines, 2988890 bytes in one block$/m,
    /^last line: line 99999: the tide/m,
    /^Grüße aus dem Watt \(20 bytes\)$/m,
    /after free: 0$/m,
  ],
  particles: [/^20000 records of 40 bytes, 100 steps$/m, /^born: \d+, died: \d+, alive: \d+/m, /after free: 0 bytes$/m],
  cache: [
    /^200000 requests: \d+ % hits, \d+ evictions$/m,
    /^\d+ pages, (?:[5-6]\d\.\d) MB: heap resident \d+\.\d MB, process grown by -?\d+\.\d MB$/m,
    new RegExp(
      `^0 pages, 0\\.0 MB: heap resident ${resident('[0-2]\\.\\d')} MB, process grown by -?\\d+\\.\\d MB$`,
      'm',
    ),
  ],
  pressure: [
    new RegExp(`^before: cache 6[34] MB, heap resident ${resident('6\\d')} MB$`, 'm'),
    /^(?:warning by systemd|nobody tells here)$/m,
    new RegExp(`^after: cache 3\\d MB, heap resident ${resident('3\\d')} MB$`, 'm'),
  ],
  'inverted-index': [
    /^\d+ words, \d+ of them different, in \d+ lines of \d+ files$/m,
    /^\d+ lines hold resident and memory, as a search without the index says$/m,
  ],
  'json-off-heap': [
    /^50\.0 MB of JSON, \d+ records: \d+\.\d MiB off the heap$/m,
    /^records come back as they were$/m,
    /^a tenth left: \d\.\d MiB held, \d+\.\d MiB resident with the index$/m,
  ],
  'index-off-heap': [
    /^50000 words, word-7 counted 2 times/m,
    /^compact moved blocks: /m,
    /^every word is where it was$/m,
  ],
}

/** Compiled inside of the checkout, where `ebb` is the package itself. */
function transpile(name: string): string {
  const folder = join(root, 'build', 'examples')
  mkdirSync(folder, { recursive: true })
  const source = readFileSync(join(root, 'examples', `${name}.ts`), 'utf8')
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, useDefineForClassFields: false }
  const file = join(folder, `${name}.js`)
  writeFileSync(file, transpileModule(source, { compilerOptions }).outputText)
  return file
}

describe('examples', () => {
  it('are all run here', () => {
    const files = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'))
    expect(files.map((file) => basename(file, '.ts')).sort()).toEqual(Object.keys(printed).sort())
    expect(existsSync(join(root, 'dist', 'index.js')), 'npm run build makes dist/').toBe(true)
  })

  for (const [name, patterns] of Object.entries(printed)) {
    it(`${name} runs to its end and prints what it should have done`, async () => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [transpile(name)], { encoding: 'utf8' })
      expect(stderr).toBe('')
      for (const pattern of patterns) expect(stdout).toMatch(pattern)
    })
  }
})
