import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Heap } from '../../../lib'
import { main } from '../../../lib/cli'
import { runEbb } from '../../support/run-ebb'
import { TestIo } from '../../support/test-io'

const folder = mkdtempSync(join(tmpdir(), 'ebb-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function report(...words: string[]): Promise<[number, string, string]> {
  const io = new TestIo()
  return [await main(['report', ...words], io), io.stdout, io.stderr]
}

describe('ebb report', () => {
  const csv = join(folder, 'rss.csv')
  writeFileSync(csv, 'ms,resident,mark\n0,1048576,\n100,3145728,load\n')

  it('makes a page of a recording, beside it', async () => {
    const [code, stdout, stderr] = await report(csv)
    expect([code, stdout, stderr]).toEqual([0, '', `written: ${join(folder, 'rss.html')}\n`])
    const html = readFileSync(join(folder, 'rss.html'), 'utf8')
    expect(html).toContain('<h1>rss.csv</h1>')
    expect(html).toContain('<td>load</td><td>100 ms</td><td>3 MiB</td>')
    expect(html).not.toMatch(/\b(?:src|href)=|url\(|@import|<script|<link/)
  })

  it('makes a page of what JSON.stringify says of heaps', async () => {
    const heap = new Heap({ name: 'mine' })
    heap.alloc(100)
    const file = join(folder, 'heap.json')
    writeFileSync(file, JSON.stringify([heap, heap]))
    const [code, html] = await report(file, '--out', '-', '--title', 'My heaps')
    heap.close()
    expect(code).toBe(0)
    expect(html).toContain('<h1>My heaps</h1>')
    expect(html.match(/<h2>mine<\/h2>/g)).toHaveLength(2)
  })

  it('refuses what it cannot read, write or make a page of', async () => {
    const refusal = async (...words: string[]) => {
      const [code, , stderr] = await report(...words)
      return [code, stderr.split('\n')[0]]
    }
    expect(await refusal()).toEqual([2, 'ebb report: it needs a FILE, or - for the standard input'])
    expect(await refusal(join(folder, 'nothing.json'))).toEqual([5, expect.stringContaining('cannot read')])
    expect(await refusal(csv, '--out', folder)).toEqual([
      ...[5, `ebb: cannot write ${folder}: it is a directory; name a file in it`],
    ])
    expect(await refusal(csv, '--out', join(folder, 'no', 'x.html'))).toEqual([
      5,
      expect.stringContaining('cannot write'),
    ])
    expect(await refusal(csv, '--out', csv)).toEqual([2, expect.stringContaining('would take the place of')])
    const other = join(folder, 'other.json')
    writeFileSync(other, '{"a":1}')
    expect(await refusal(other)).toEqual([5, expect.stringContaining('other.json is neither a recording')])
    expect(existsSync(join(folder, 'other.html'))).toBe(false)
  })

  it('reads its standard input', async () => {
    const { code, stdout } = await runEbb(['report', '-'], { input: 'ms,resident\n0,5\n' })
    expect([code, stdout.startsWith('<!doctype html>')]).toEqual([0, true])
  })
})
