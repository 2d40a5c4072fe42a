import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../lib/cli'
import { TestIo } from '../support/test-io'

async function ebb(...words: string[]): Promise<[code: number, stdout: string, stderr: string]> {
  const io = new TestIo()
  const code = await main(words, io)
  return [code, io.stdout, io.stderr]
}

describe('main', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8'))
    expect(await ebb('--version')).toEqual([0, `${version}\n`, ''])
  })

  it('prints its help where it was asked for, and as an error where nothing was said', async () => {
    const [code, text] = await ebb('--help')
    expect(code).toBe(0)
    expect(text).toMatch(/^Usage: ebb COMMAND/)
    expect(await ebb('-h')).toEqual([0, text, ''])
    expect(await ebb('help')).toEqual([0, text, ''])
    expect(await ebb()).toEqual([2, '', text])
  })

  it('prints the help of a command', async () => {
    const [code, text] = await ebb('build', '--help')
    expect([code, text.split('\n')[0]]).toEqual([0, 'Usage: ebb build [--debug]'])
    expect(await ebb('help', 'build')).toEqual([0, text, ''])
    expect(await ebb('build', '-h')).toEqual([0, text, ''])
  })

  it('refuses what it does not know, with the nearest name', async () => {
    expect(await ebb('biuld')).toEqual([
      2,
      '',
      'ebb: there is no command biuld; did you mean build?\nTry: ebb --help\n',
    ])
    expect(await ebb('zzz')).toEqual([2, '', 'ebb: there is no command zzz\nTry: ebb --help\n'])
    expect(await ebb('--verison')).toEqual([
      ...[2, '', 'ebb: there is no option --verison; did you mean --version?\nTry: ebb --help\n'],
    ])
    expect((await ebb('build', '--debgu'))[2]).toBe(
      'ebb build: there is no option --debgu; did you mean --debug?\nTry: ebb build --help\n',
    )
  })
})
