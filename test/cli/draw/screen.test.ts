import { describe, expect, it } from 'vitest'
import type { ProcessFacts } from '../../../lib/cli/advice/process-rules'
import { colourInk, plainInk, withoutInk } from '../../../lib/cli/draw/ink'
import { screen } from '../../../lib/cli/draw/screen'
import { heapReport } from '../../support/reports'

const MIB = 2 ** 20

/** A look at a process with some heaps, `n` seconds after the first. */
function look(n: number, heaps: number): ProcessFacts {
  const reports = Array.from({ length: heaps }, (_, i) =>
    heapReport({
      ...{ name: `heap-${i}`, residentBytes: (i + 1 + n) * MIB, mappedBytes: 64 * MIB, liveBytes: MIB },
      ...{ blocks: 1234, discardedBytes: n * MIB },
    }),
  )
  const memory = { rss: (100 + n) * MIB, heapTotal: 20 * MIB, heapUsed: 10 * MIB, external: MIB, arrayBuffers: 0 }
  return {
    at: 1000 * n,
    proc: undefined,
    asked: {
      ...{ pid: 7, title: 'node', platform: 'linux', versions: { node: '24.16.0', v8: '13.6' }, memory },
      ...{ heapLimit: 4096 * MIB, copies: [{ folder: '/ebb', spaceBytes: 2 ** 32, heaps: reports }] },
    },
  }
}

const looks = (count: number, heaps = 2): ProcessFacts[] => Array.from({ length: count }, (_, n) => look(n, heaps))
const size = { columns: 110, rows: 30, interval: 1000, keys: 'q quits' }

describe('screen', () => {
  it('has the process, a chart, and a line for each heap, the largest first', () => {
    const lines = screen(looks(3), size, plainInk)
    expect(lines[0]).toBe('ebb top: process 7 (node), Node 24.16.0')
    expect(lines[1]).toBe('resident 102 MiB   V8 heap 20 MiB   external 1 MiB')
    expect(lines.find((line) => line.includes('now'))).toMatch(/^ +-95 s +-48 s +now$/)
    const rows = lines.filter((line) => line.startsWith('heap'))
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual(['heap', 'heap-1', 'heap-0'])
    expect(rows[1]).toMatch(/^heap-1 +▄▆█ +1 MiB +4 MiB +64 MiB +0 bytes +0 bytes +1 MiB +1,234 +0 +0$/)
    expect(lines.at(-1)).toBe('q quits')
    expect(lines).toHaveLength(30)
  })

  it('fits every window', () => {
    for (const rows of [12, 16, 24, 50]) {
      for (const columns of [40, 60, 80, 200]) {
        for (const heaps of [0, 1, 3, 40]) {
          const lines = screen(looks(2, heaps), { ...size, rows, columns }, colourInk).map(withoutInk)
          expect(lines.length, `${rows} x ${columns}, ${heaps} heaps`).toBeLessThanOrEqual(rows)
          const wide = lines.filter((line) => line.length > Math.max(60, columns))
          expect(wide, `${rows} x ${columns}, ${heaps} heaps`).toEqual([])
        }
      }
    }
  })

  it('says how many heaps it leaves out', () => {
    const lines = screen(looks(2, 40), { ...size, rows: 24 }, plainInk)
    const left = lines.find((line) => line.startsWith('and '))
    const shown = lines.filter((line) => line.startsWith('heap-')).length
    expect(left).toBe(`and ${40 - shown} heaps more, with less resident`)
  })

  it('says how heaps are seen where none are', () => {
    const proc = { ...{ pid: 7, name: 'node', resident: MIB, mappings: 100, maxMappings: 65_530 } }
    const outside = { at: 0, asked: undefined, proc } as unknown as ProcessFacts
    expect(screen([outside], size, plainInk).join('\n')).toContain('kill -USR1 PID')
    expect(screen(looks(1, 0), size, plainInk).join('\n')).toContain('no heap of ebb that is open')
  })

  it('has what doctor would say, where there is room', () => {
    const warned = look(1, 0)
    const heaps = [heapReport({ failedDiscards: 3 })]
    const copies = [{ folder: '/ebb', spaceBytes: 2 ** 32, heaps }]
    const facts = { ...warned, asked: { ...warned.asked!, copies } }
    expect(screen([facts], size, plainInk).join('\n')).toContain('WARN  refused discards')
    expect(screen([facts], { ...size, keys: '' }, plainInk).join('\n')).toContain('-> locked memory')
  })
})
