import { describe, expect, it } from 'vitest'
import { byteAxis, byteLabel, type Point, thinned, timeAxis, timeLabel } from '../../../lib/cli/draw/scale'

const MIB = 2 ** 20

describe('byteAxis', () => {
  it('has ticks at powers of two that people read', () => {
    const { end, ticks } = byteAxis(165 * MIB, 6)
    expect(ticks.map(byteLabel)).toEqual(['0', '32 MiB', '64 MiB', '96 MiB', '128 MiB', '160 MiB', '192 MiB'])
    expect(end).toBe(192 * MIB)
  })

  it('covers the largest value with as few ticks as asked for', () => {
    for (const largest of [0, 1, 5, 1000, 4096, 5 * MIB + 1, 2 ** 34, 1e15]) {
      for (const count of [1, 2, 4, 6]) {
        const { end, ticks } = byteAxis(largest, count)
        expect(end).toBeGreaterThanOrEqual(largest)
        expect(ticks.length).toBeLessThanOrEqual(count + 1)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(end).toBeLessThanOrEqual(Math.max(1, largest * 2))
      }
    }
  })
})

describe('timeAxis', () => {
  it('ends where the values do, with round ticks', () => {
    expect(timeAxis(4000, 8)).toEqual({ end: 4000, ticks: [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000] })
    expect(timeAxis(600_000, 5).ticks.map(timeLabel)).toEqual(['0', '2 min', '4 min', '6 min', '8 min', '10 min'])
    expect(timeAxis(0, 5).end).toBe(1)
    expect(timeAxis(30 * 86_400_000, 4).ticks.length).toBeLessThanOrEqual(5)
  })
})

describe('thinned', () => {
  it('leaves few points alone', () => {
    const points: Point[] = [
      [0, 1],
      [5, 2],
    ]
    expect(thinned(points, 10, 4)).toBe(points)
  })

  it('keeps the least and the largest of each column, in order', () => {
    const points = Array.from({ length: 10_000 }, (_, i): Point => [i, i === 5003 ? 1e6 : i === 5004 ? -5 : i % 7])
    const kept = thinned(points, 10_000, 100)
    expect(kept.length).toBeLessThanOrEqual(200)
    expect(kept).toContainEqual([5003, 1e6])
    expect(kept).toContainEqual([5004, -5])
    for (let i = 1; i < kept.length; i++) expect(kept[i]![0]).toBeGreaterThanOrEqual(kept[i - 1]![0])
  })
})
