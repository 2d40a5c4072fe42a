/** Frames, and how the page reads them: lib/live/page/stream.mjs. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Frames } from '../../lib/live/frames'
import { type PageModules, pageModules } from '../support/live-page'
import { viewOf } from '../support/live-view'
import { Random } from '../support/random'

let page: PageModules
beforeAll(async () => {
  page = await pageModules()
})

const MOMENT = { at: 1_700_000_000_000, cost: 1.5, rss: 50_000_000 }

/** What a page knows, as `takeIn` gives it. */
type Known = ReturnType<PageModules['takeIn']> | undefined
const read = (known: Known, frame: Buffer): NonNullable<Known> => page.takeIn(known, frame.subarray(4))
const cellsOf = (known: NonNullable<Known>): number[] => [...known.states].filter((_, i) => i % 64 === 5)

describe('a frame', () => {
  it('tells a page that knows nothing everything', () => {
    const frames = new Frames()
    frames.update(
      viewOf(
        [
          [16384, 1, 255],
          [16385, 2, 3],
        ],
        7,
      ),
    )
    const frame = frames.encode(0, MOMENT)
    expect(frame.readUInt32LE(0)).toBe(frame.length - 4)
    const known = read(undefined, frame)
    expect([...known.slots]).toEqual([16384, 16385])
    expect([...known.owners]).toEqual([1, 2])
    expect(cellsOf(known)).toEqual([255, 3])
    expect(known).toMatchObject({ ...MOMENT, tick: 1, busyMs: 7, heaps: [{ name: 'h1' }, { name: 'h2' }] })
  })

  it('tells the others the rows that have changed since, whatever frames they have missed', () => {
    const frames = new Frames()
    frames.update(
      viewOf([
        [1, 1, 255],
        [2, 1, 255],
        [3, 1, 255],
      ]),
    )
    const first = read(undefined, frames.encode(0, MOMENT))
    const slow = read(undefined, frames.encode(0, MOMENT))
    frames.update(
      viewOf([
        [1, 1, 255],
        [2, 1, 200],
        [3, 1, 255],
      ]),
    )
    const second = frames.encode(1, MOMENT)
    expect(cellsOf(read(first, second))).toEqual([255, 200, 255])
    frames.update(
      viewOf([
        [1, 1, 130],
        [2, 1, 200],
        [3, 1, 255],
      ]),
    )
    const third = frames.encode(2, MOMENT)
    expect(cellsOf(read(first, third))).toEqual([130, 200, 255])
    expect(cellsOf(read(slow, frames.encode(1, MOMENT)))).toEqual([130, 200, 255])
    // One row of 68 bytes came along, and then two.
    expect(frames.encode(1, MOMENT).length - third.length).toBe(68)
  })

  it('is little more than its text where nothing has changed', () => {
    const frames = new Frames()
    const rows = Array.from({ length: 1000 }, (_, i) => [i, 1, 255] as const)
    frames.update(viewOf(rows))
    const whole = frames.encode(0, MOMENT).length
    frames.update(viewOf(rows))
    expect([whole > 70_000, frames.encode(1, MOMENT).length < 1000]).toEqual([true, true])
  })

  it('lists the rows anew where one is new, gone, or of another heap', () => {
    const frames = new Frames()
    frames.update(
      viewOf([
        [1, 1, 255],
        [2, 1, 9],
      ]),
    )
    let known = read(undefined, frames.encode(0, MOMENT))
    for (const rows of [
      [
        [1, 1, 255],
        [2, 1, 9],
        [7, 2, 3],
      ],
      [
        [2, 1, 9],
        [7, 2, 3],
      ],
      [
        [2, 2, 9],
        [7, 2, 3],
      ],
      [],
    ] as const) {
      frames.update(viewOf(rows))
      known = read(known, frames.encode(known.tick, MOMENT))
      expect([[...known.slots], [...known.owners], cellsOf(known)]).toEqual(
        [0, 1, 2].map((at) => rows.map((row) => row[at])),
      )
    }
  })

  it('is one Buffer for all pages that have seen the same', () => {
    const frames = new Frames()
    frames.update(viewOf([[1, 1, 255]]))
    expect(frames.encode(0, MOMENT)).toBe(frames.encode(0, MOMENT))
    const before = frames.encode(0, MOMENT)
    frames.update(viewOf([[1, 1, 255]]))
    expect(frames.encode(0, MOMENT)).not.toBe(before)
  })

  it('leaves each page with what there is, whenever it looks', () => {
    const random = new Random('frames')
    const frames = new Frames()
    const pages: Known[] = Array.from({ length: 6 })
    for (let tick = 0; tick < 300; tick++) {
      const rows = Array.from(
        { length: random.oneIn(5) ? random.below(9) : 8 },
        (_, i) => [i, 1, random.below(4)] as const,
      )
      const view = viewOf(rows)
      frames.update(view)
      pages.forEach((known, i) => {
        if (!random.oneIn(i + 1)) return
        const next = read(known, frames.encode(known?.tick ?? 0, MOMENT))
        expect([next.slots, next.states]).toEqual([view.slots, view.states])
        pages[i] = next
      })
    }
  })
})

describe('a stream of frames', () => {
  it('is cut where frames end, however it is chopped', () => {
    const random = new Random('cutter')
    const frames = Array.from({ length: 40 }, (_, i) => {
      const frame = Buffer.alloc(4 + (i % 3 === 0 ? 200_000 : i), i)
      frame.writeUInt32LE(frame.length - 4, 0)
      return frame
    })
    const bytes = Buffer.concat(frames)
    const cutter = new page.Cutter()
    const cut: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random.logUniform(300_000)
      cutter.push(bytes.subarray(at, at + length), (frame) => cut.push(Buffer.from(frame)))
      at += length
    }
    expect(cut.length).toBe(40)
    expect(Buffer.concat(cut).equals(Buffer.concat(frames.map((frame) => frame.subarray(4))))).toBe(true)
  })
})
