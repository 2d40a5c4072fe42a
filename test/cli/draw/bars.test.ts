import { describe, expect, it } from 'vitest'
import { areaChart, columnsOf, sparkline } from '../../../lib/cli/draw/bars'
import { colourInk, plainInk, withoutInk } from '../../../lib/cli/draw/ink'
import type { Point } from '../../../lib/cli/draw/scale'

const MIB = 2 ** 20

describe('sparkline', () => {
  it('has an eighth of a cell for each eighth of the largest', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 20)).toBe(' ▁▂▃▄▅▆▇█')
    expect(sparkline([1, 8, 4], 2)).toBe('█▄')
    expect(sparkline([0, 0], 5)).toBe('  ')
    expect(sparkline([4], 1, 8)).toBe('▄')
  })
})

describe('columnsOf', () => {
  it('has the largest of each part, and holds the last value between samples', () => {
    expect(
      columnsOf(
        [
          [0, 1],
          [1, 5],
          [2, 2],
          [8, 7],
        ],
        10,
        5,
      ),
    ).toEqual([5, 2, 2, 2, 7])
    expect(columnsOf([], 10, 3)).toEqual([0, 0, 0])
  })
})

describe('areaChart', () => {
  it('draws a curve with its axes', () => {
    const points: Point[] = [
      [0, 0],
      [1000, 8 * MIB],
      [2000, 16 * MIB],
      [3000, 4 * MIB],
    ]
    expect(areaChart(points, 4000, 30, 4, plainInk)).toEqual([
      ' 16 MiB ┤          █████',
      '        │          █████',
      '  8 MiB ┤     ██████████',
      '        │     ████████████████',
      '      0 └─────────────────────',
      '         0        2 s      4 s',
    ])
  })

  it("looks the same without its colours, and takes labels of one's own", () => {
    const points = [
      [0, MIB],
      [1000, 2 * MIB],
    ] as const
    const label = (ms: number): string => `<${ms}>`
    const plain = areaChart(points, 1000, 60, 6, plainInk, label)
    expect(areaChart(points, 1000, 60, 6, colourInk, label).map(withoutInk)).toEqual(plain)
    expect(plain.at(-1)).toMatch(/^ +<0> +<500> +<1000>$/)
    for (const line of plain) expect(line.length).toBeLessThanOrEqual(60)
  })
})
