import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../../../lib/cli'
import { sample, shown } from '../../../lib/cli/commands/record'
import { plainInk } from '../../../lib/cli/draw/ink'
import { EXIT } from '../../../lib/cli/exit'
import type { Recording } from '../../../lib/cli/recording'
import { runEbb } from '../../support/run-ebb'
import { TestIo } from '../../support/test-io'

const onLinux = describe.runIf(process.platform === 'linux')
const folder = mkdtempSync(join(tmpdir(), 'ebb-record-'))
afterAll(() => rmSync(folder, { recursive: true }))

const status = (kilobytes: number): string =>
  `VmRSS:\t${kilobytes} kB\nVmHWM:\t${kilobytes * 2} kB\nRssAnon:\t${kilobytes / 2} kB\n`

/** A process that grows at each look, and ends after some. */
class GrowingIo extends TestIo {
  looks = 0
  constructor(private readonly ends: number) {
    super()
  }
  override readonly read = (path: string): string => {
    if (path === '/proc/7/status' && this.looks < this.ends) return status(100 * ++this.looks)
    throw Object.assign(new Error(path), { code: 'ENOENT' })
  }
}

describe('sample', () => {
  const never = new AbortController().signal

  it('looks at a process until it has ended', async () => {
    const taken = await sample(7, { interval: 250, samples: Infinity }, new GrowingIo(3), never)
    expect(taken).toEqual([
      { ms: 0, resident: 102_400, anonymous: 51_200, peak: 204_800 },
      { ms: 250, resident: 204_800, anonymous: 102_400, peak: 409_600 },
      { ms: 500, resident: 307_200, anonymous: 153_600, peak: 614_400 },
    ])
  })

  it('ends after so many looks, and does not wait after the last', async () => {
    const io = new GrowingIo(9)
    const start = io.now()
    expect(await sample(7, { interval: 100, samples: 4 }, io, never)).toHaveLength(4)
    expect([io.looks, io.now() - start]).toEqual([4, 300])
  })

  it('ends when it is told to', async () => {
    const end = new AbortController()
    const io = new GrowingIo(9)
    const wait = io.wait
    Object.assign(io, {
      wait: (ms: number) => {
        if (io.looks === 2) end.abort()
        return wait(ms)
      },
    })
    expect(await sample(7, { interval: 100, samples: Infinity }, io, end.signal)).toHaveLength(2)
  })

  it('keeps to its times when a look takes long', async () => {
    const io = new GrowingIo(4)
    const read = io.read
    // The second look takes longer than an interval.
    Object.assign(io, {
      read: (path: string) => {
        const text = read(path)
        if (io.looks === 2) void io.wait(125)
        return text
      },
    })
    const taken = await sample(7, { interval: 100, samples: Infinity }, io, never)
    for (const { ms } of taken.filter((_, i) => i !== 1)) expect(ms % 100).toBe(0)
    expect(taken.map(({ ms }) => ms)).toEqual([0, 225, 300, 400])
  })

  it('names a process that is not there', async () => {
    expect(await sample(7, { interval: 100, samples: 1 }, new TestIo(), never)).toEqual([])
    const io = new TestIo()
    expect(await main(['record', '--pid', '7'], io)).toBe(EXIT.unreachable)
    expect(io.stderr).toBe('ebb record: process 7 cannot be seen: it has ended, or belongs to somebody else\n')
  })
})

describe('ebb record', () => {
  const refused = async (...words: string[]): Promise<[number, string]> => {
    const io = new TestIo()
    return [await main(['record', ...words], io), io.stderr.split('\n')[0]!]
  }

  it('checks everything before it starts', async () => {
    expect(await refused()).toEqual([2, 'ebb record: it needs a command behind --, or --pid PID'])
    expect(await refused('--pid', '7', '--', 'node')).toEqual([2, 'ebb record: it takes --pid or a command, not both'])
    expect((await refused('--interval', '0', '--pid', '7'))[0]).toBe(2)
    expect(await refused('--out', 'x.png', '--', 'node')).toEqual([
      ...[2, 'ebb record: --out writes .csv, .json, .svg, .html, by the end of the name, and cannot write "x.png"'],
    ])
    const taken = join(folder, 'folder.csv')
    mkdirSync(taken)
    expect(await refused('--out', taken, '--', 'node')).toEqual([5, expect.stringContaining('it is a directory')])
    expect(await refused('--out', join(folder, 'nowhere', 'x.csv'), '--', 'node')).toEqual([
      ...[5, expect.stringContaining('ebb: cannot write')],
    ])
  })

  it('says where there is no /proc', async () => {
    const io = new TestIo({}, 'win32')
    expect(await main(['record', '--', 'node'], io)).toBe(EXIT.unsupported)
    expect(io.stderr).toContain('which Linux has and win32 has not')
  })

  it('draws a chart and a table', () => {
    const samples = [1, 2, 3].map((n) => ({ ms: n * 1000 - 1000, resident: n * 2 ** 20 }))
    const lines = shown({ format: 'ebb-record', version: 1, title: 'x', samples }, 80, plainInk)
    expect(lines.slice(1, 3)).toEqual(['x', '3 samples in 2 s'])
    expect(lines.at(-1)).toBe('resident (RSS)  1 MiB  3 MiB  3 MiB')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  })
})

onLinux('ebb record, as a process', () => {
  const grow = 'const a = Buffer.alloc(2 ** 25, 1); process.stdin.on("data", () => process.exit(a[0] + 4))'

  it('records a command, passes on its code and its output, and writes every kind of file', async () => {
    const files = ['csv', 'json', 'svg', 'html'].map((end) => join(folder, `rss.${end}`))
    const out = files.flatMap((file) => ['-o', file])
    const words = [
      'record',
      '--samples',
      '3',
      '--interval',
      '5',
      ...out,
      '--',
      process.execPath,
      '-e',
      `console.log("hi");${grow}`,
    ]
    const { code, stdout, stderr } = await runEbb(words, { input: 'end\n' })
    expect([code, stdout]).toEqual([5, 'hi\n'])
    expect(stderr).toContain(`${process.execPath} -e console.log("hi")`)
    expect(stderr).toContain(`written: ${files.join(', ')}`)
    const [csv, json, svg, html] = files.map((file) => readFileSync(file, 'utf8')) as [string, string, string, string]
    const recording = JSON.parse(json) as Recording
    expect(recording).toMatchObject({ format: 'ebb-record', version: 1, interval: 5, exitCode: 5 })
    // How many there are before it ends is up to the machine.
    expect([1, 2, 3]).toContain(recording.samples.length)
    expect(csv.split('\n')).toHaveLength(recording.samples.length + 2)
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s)
    expect(html).toMatch(/^<!doctype html>.*<\/html>\n$/s)
    expect(html).not.toMatch(/\b(?:src|href)=|url\(|@import|<script|<link/)
  })

  it('says how a command ended that was killed, or cannot be started', async () => {
    const killed = await runEbb(['record', '-q', '--', process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'])
    expect([killed.code, killed.stderr]).toEqual([137, ''])
    const missing = await runEbb(['record', '--', join(folder, 'no-such-command')])
    expect([missing.code, missing.stderr]).toEqual([
      ...[EXIT.unreachable, expect.stringMatching(/^ebb record: cannot start .*there is no such command\n$/)],
    ])
  })

  it('keeps the output for the recording with --json', async () => {
    const words = ['record', '-q', '--json', '--samples', '1', '--', process.execPath, '-p', '6 * 7']
    const { code, stdout, stderr } = await runEbb(words)
    expect([code, stderr]).toEqual([0, '42\n'])
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'ebb-record',
      exitCode: 0,
      samples: [{ resident: expect.any(Number) }],
    })
  })

  it('records a process that runs already', async () => {
    const words = ['record', '--json', '-q', '--pid', String(process.pid), '--samples', '2', '--interval', '1']
    const { code, stdout } = await runEbb(words)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ title: `process ${process.pid}`, pid: process.pid })
  })
})
