/** docs/cli.md: its screens are those of the commands, and it knows every command, option, exit code and figure. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../lib/cli'
import { CHURN_UNMAPS, ENOUGH, LONG_DECAY } from '../../lib/cli/advice/heap-rules'
import { NEAR_LIMIT } from '../../lib/cli/advice/machine-rules'
import { SLOTS } from '../../lib/cli/advice/process-rules'
import { showBytes, showCount, showTime } from '../../lib/cli/draw/units'
import { EXIT } from '../../lib/cli/exit'
import { COMMANDS } from '../../lib/cli/table'
import { TestIo } from '../support/test-io'

const root = path.join(__dirname, '..', '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const page = read('docs/cli.md')

describe('docs/cli.md', () => {
  it('has the help as it is: npm run write:screens', async () => {
    const io = new TestIo()
    await main(['--help'], io)
    expect(page).toContain(`$ npx ebb --help\n${io.stdout.trimEnd()}\n`)
  })

  it('has a screen in each of its places', () => {
    const places = page.match(/<!-- screen: /g)?.length
    expect(
      page.match(/<!-- screen: (ebb .*) -->\n\n```text\n\$ npx \1\n(?:(?!```).*\n){5,}```\n\n<!-- \/screen -->/g),
    ).toHaveLength(places!)
    expect(places).toBeGreaterThan(3)
    expect(page).not.toContain('\x1b')
  })

  it('knows every command and option', () => {
    for (const { name, options } of COMMANDS) {
      expect(page, name).toMatch(new RegExp(`^## ${name}\\b`, 'm'))
      for (const option of options) expect(page, `${name} --${option.name}`).toContain(`--${option.name}`)
    }
  })

  it('knows every exit code, and the figures of the rules', () => {
    for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'))
    const figures = [showBytes(ENOUGH), showTime(LONG_DECAY), showCount(SLOTS), String(CHURN_UNMAPS)]
    figures.push(`${NEAR_LIMIT.note * 100} %`, `${NEAR_LIMIT.warn * 100} %`)
    for (const figure of figures) expect(page).toContain(figure)
  })
})

it('every line of the README on the command line is a command that there is', () => {
  const lines = [...read('README.md').matchAll(/npx ebb (\w+)/g)].map((match) => match[1])
  expect(lines.length).toBeGreaterThan(1)
  for (const name of lines) expect(COMMANDS.map((command) => command.name)).toContain(name)
})
