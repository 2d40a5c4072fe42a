import { describe, expect, it } from 'vitest'
import { snapshotPage } from '../../lib/cli/draw/snapshot-page'
import { readSnapshot } from '../../lib/cli/snapshot'
import { allStats } from '../../lib/heap/all-stats'
import { heapReport } from '../support/reports'
import { testHeap } from '../support/test-heap'

const MIB = 2 ** 20
const classes = [
  { sizeClass: 3, blockBytes: 48, pools: 100, blocks: 100, freeBlocks: 8400 },
  { sizeClass: 40, blockBytes: 0, pools: 20, blocks: 2, freeBlocks: 0 },
]
const report = heapReport(
  { name: 'a <b>', mappedBytes: 4 * MIB, residentBytes: 3 * MIB, liveBytes: 2 * MIB, freeBlockBytes: MIB, classes },
  { limit: 8 * MIB },
)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('readSnapshot', () => {
  it('takes statistics, and a list of them', () => {
    const one = readSnapshot(plain(report.stats))
    expect(one).toMatchObject({ title: undefined, heaps: [{ name: 'a <b>', limit: null }] })
    expect(one?.heaps[0]?.stats).toEqual(report.stats)
    expect(readSnapshot(plain([report.stats, report.stats]))?.heaps).toHaveLength(2)
  })

  it('takes what allStats() says', () => {
    const { heap } = testHeap({ name: 'of allStats' })
    heap.alloc(48)
    const shown = readSnapshot(plain(allStats()))?.heaps.find(({ name }) => name === 'of allStats')
    expect(shown?.stats.blocks).toBe(1)
  })

  it('takes what doctor and top say of a process', () => {
    const findings = [{ level: 'WARN', topic: 'x', text: 'y' }, 'nonsense']
    const asked = { pid: 7, title: 'node', copies: [{ heaps: [report] }, { heaps: [report] }] }
    const doctor = readSnapshot(plain({ facts: { asked }, findings }))
    expect(doctor).toMatchObject({ title: 'Heaps of process 7 (node)', heaps: [report, report] })
    expect(doctor?.findings).toEqual([findings[0]])
    expect(readSnapshot(plain({ at: 1, asked }))?.heaps).toHaveLength(2)
  })

  it('takes statistics of an older version, and judges them', () => {
    const { moves: _, failedDiscards: __, ...old } = report.stats
    expect(readSnapshot(plain(old))?.heaps[0]?.stats.moves).toBe(0)
    const scattered = { ...report.stats, freeBlockBytes: 64 * MIB }
    expect(readSnapshot(plain(scattered))?.findings).toMatchObject([{ topic: 'scattered blocks' }])
  })

  it('takes nothing else', () => {
    const { liveBytes: _, ...less } = report.stats
    for (const value of [
      undefined,
      null,
      3,
      'x',
      [],
      {},
      [3],
      less,
      { ...report.stats, liveBytes: 'x' },
      { facts: {} },
    ]) {
      expect(readSnapshot(plain(value ?? null)), JSON.stringify(value)).toBeUndefined()
    }
  })
})

describe('snapshotPage', () => {
  const html = snapshotPage(readSnapshot(plain(report.stats))!, 'a <title>')

  it('stands alone', () => {
    expect(html).not.toMatch(/\b(?:src|href)=|url\(|@import|<script|<link/)
    expect(html).toContain('<title>a &lt;title&gt;</title>')
    expect(html).toContain('<h2>a &lt;b&gt;</h2>')
    expect(html).toContain('@media(prefers-color-scheme:dark)')
    expect(html).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('shows what mapped bytes are made of, and each size class', () => {
    const widths = [...html.matchAll(/class="b\d" style="width:([\d.]+)%" title/g)].map((match) => Number(match[1]))
    expect(widths).toHaveLength(5)
    expect(widths.reduce((a, b) => a + b)).toBeCloseTo(100, 1)
    expect(html).toContain('<td>48</td><td>100</td><td>100</td><td>8,400</td><td>1 %</td>')
    expect(html).toContain('<td>whole runs</td>')
  })

  it('shows the map of a heap, where there is one', () => {
    const map = Buffer.alloc(64, 255).toString('base64')
    const [heap] = readSnapshot(
      plain({
        asked: {
          copies: [
            {
              heaps: [
                { ...report, map },
                { ...report, map: '"x' },
              ],
            },
          ],
        },
      }),
    )!.heaps
    expect(heap?.map).toBe(map)
    const picture = snapshotPage({ title: undefined, heaps: [heap!], findings: [] }, 'x')
    expect(picture).toContain('src="data:image/png;base64,')
    expect(picture).toContain('64 pools, 256 KiB')
    expect(html).not.toContain('data:image')
  })

  it('shows an empty heap, too', () => {
    expect(snapshotPage({ title: undefined, heaps: [heapReport()], findings: [] }, 'x')).not.toMatch(/NaN|undefined/)
  })
})
