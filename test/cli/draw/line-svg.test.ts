import { describe, expect, it } from 'vitest'
import { type LineChart, lineSvg } from '../../../lib/cli/draw/line-svg'

const chart: LineChart = {
  title: 'a <b> & "c"',
  subtitle: 'below',
  lines: [
    {
      name: 'resident',
      points: [
        [0, 2 ** 20],
        [1000, 3 * 2 ** 20],
        [2000, 2 ** 20],
      ],
    },
    {
      name: 'other',
      points: [
        [0, 0],
        [2000, 2 ** 20],
      ],
      isDashed: true,
    },
  ],
  end: 2000,
  marks: [
    [500, 'load'],
    [520, 'too near'],
    [1500, 'serve'],
  ],
  width: 600,
  height: 300,
}

const open = (svg: string): string[] => [...svg.matchAll(/<([a-z]+)(?: [^>]*[^/])?>/g)].map((match) => match[1]!)
const closed = (svg: string): string[] => [...svg.matchAll(/<\/([a-z]+)>/g)].map((match) => match[1]!)

describe('lineSvg', () => {
  it('is well-formed, with its texts escaped', () => {
    const svg = lineSvg(chart)
    expect(open(svg).sort()).toEqual(closed(svg).sort())
    expect(svg).toContain('<title>a &lt;b&gt; &amp; &quot;c&quot;</title>')
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('is light and dark in one, and has nothing from elsewhere', () => {
    const svg = lineSvg(chart)
    expect(svg).toContain('@media(prefers-color-scheme:dark)')
    expect(svg.match(/https?:\/\/[^"]+/g)).toEqual(['http://www.w3.org/2000/svg'])
    expect(lineSvg({ ...chart, isEmbedded: true })).not.toContain('<style>')
  })

  it('draws each line, and fills the first', () => {
    const svg = lineSvg(chart)
    expect(svg.match(/<path class="f0"/g)).toHaveLength(1)
    expect(svg.match(/<path class="l\d" fill="none"/g)).toHaveLength(2)
    expect(svg).toContain('stroke-dasharray="5 4"')
    const [, path] = /class="l0" fill="none"[^>]* d="([^"]+)"/.exec(svg)!
    const points = [...path!.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])])
    // 3 MiB is three times as high above 0 as 1 MiB; the middle lies in the middle.
    const [first, top, last] = points as [number[], number[], number[]]
    expect(first[1]).toBe(last[1])
    const zero = first[1]! + (first[1]! - top[1]!) / 2
    expect((zero - top[1]!) / (zero - first[1]!)).toBeCloseTo(3)
    expect(top[0]).toBeCloseTo((first[0]! + last[0]!) / 2)
  })

  it('names marks where there is room, and gives each its line', () => {
    const svg = lineSvg(chart)
    expect(svg.match(/class="mk"/g)).toHaveLength(3)
    expect(svg).toContain('>load</text>')
    expect(svg).toContain('>serve</text>')
    expect(svg).not.toContain('>too near</text>')
  })

  it('shows one point, and none', () => {
    expect(lineSvg({ ...chart, end: 0, lines: [{ name: 'a', points: [[0, 5]] }], marks: [] })).toContain('<circle')
    expect(lineSvg({ ...chart, lines: [] })).not.toMatch(/NaN|Infinity/)
  })
})
