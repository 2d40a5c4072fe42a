/** The regions between marks are what scripts/write-kinds.js writes. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

const root = path.join(__dirname, '..', '..')
const FILES = [
  'lib/heap/numbers.ts',
  'lib/records/fields.ts',
  'lib/records/rows.ts',
  'lib/collections/list-faces.ts',
  'lib/collections/list-kinds.ts',
  'lib/collections/number-kinds.ts',
  'lib/debug/checked-numbers.ts',
]

function run(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(folder, 'scripts/write-kinds.js'), ...args])
  return { status, printed: `${stdout}${stderr}` }
}

const read = (folder: string, file: string): string => readFileSync(path.join(folder, file), 'utf8')

/** The script and its files in a folder of their own, which goes after the test. */
function copy(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-kinds-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const file of [...FILES, 'scripts/write-kinds.js', 'scripts/kinds'])
    cpSync(path.join(root, file), path.join(folder, file), { recursive: true })
  return folder
}

describe('scripts/write-kinds.js', () => {
  it('has nothing to change', () => {
    expect(run(root, '--check')).toEqual({ status: 0, printed: '' })
  })

  it('names a file whose region was edited, and writes it anew without touching the rest', () => {
    const [folder, file] = [copy(), FILES[1] as string]
    const text = read(folder, file)
    writeFileSync(path.join(folder, file), text.replace('class I8Field', 'class Edited'))
    const { status, printed } = run(folder, '--check')
    expect([status, printed.split(' ')[0]]).toEqual([1, file])
    expect(read(folder, file)).not.toBe(text)
    expect(run(folder).status).toBe(0)
    expect(read(folder, file)).toBe(text)
  })

  it('refuses a file without marks', () => {
    const [folder, file] = [copy(), FILES[0] as string]
    writeFileSync(path.join(folder, file), read(folder, file).replaceAll('written by', 'made by'))
    const { status, printed } = run(folder)
    expect([status, printed.includes(`${file} has 0 regions`)]).toEqual([1, true])
  })
})
