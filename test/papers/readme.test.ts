/** The program in the README runs, as an ES module against the built package, and prints what stands below it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { space } from '../../lib/space/thread-space'

const root = path.join(__dirname, '..', '..')
const readme = readFileSync(path.join(root, 'README.md'), 'utf8')

function fenced(language: string, start = 0): string {
  const open = readme.indexOf(`\`\`\`${language}\n`, start)
  expect(open, `README.md has a block of ${language}`).toBeGreaterThan(0)
  const from = open + language.length + 4
  return readme.slice(from, readme.indexOf('```', from))
}

/** How many calls it takes to discard depends on when the timer fires. */
const comparable = (report: string): string =>
  report
    .replace(/^# ranges discarded so far.*$/m, '')
    .replaceAll('\r\n', '\n')
    .trim()

describe('the program in the README', () => {
  it('prints the report below it', () => {
    const folder = path.join(root, 'build', 'readme')
    mkdirSync(folder, { recursive: true })
    const file = path.join(folder, 'readme.mjs')
    writeFileSync(file, fenced('js'))
    const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' })
    expect(printed).toMatch(/^100 live blocks +=\s+4,800$/m)
    // Where OS pages have more than 4 KiB, fewer pools can be discarded.
    if (space.region.osPageSize === 4096) expect(comparable(printed)).toBe(comparable(fenced('text')))
  })

  it('stands in docs/stats.md with the same report', () => {
    const stats = readFileSync(path.join(root, 'docs', 'stats.md'), 'utf8')
    expect(stats).toContain(fenced('text'))
  })

  it('has about 180 lines at most around it', () => {
    expect(readme.split('\n').length).toBeLessThan(190)
  })
})
