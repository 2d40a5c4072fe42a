import { Profile } from 'pprof-format'
import { describe, expect, it } from 'vitest'
import { toHeapProfile } from '../../lib/debug/heap-profile'
import { toPprof } from '../../lib/debug/pprof'
import { Snapshot } from '../../lib/debug/snapshot'

const inner = ['load (/app/users.js:12:20)', 'main (/app/index.js:3:1)']
const other = ['async save (file:///app/save.mjs:7:9)', 'main (/app/index.js:3:1)']

function snapshotOf(...groups: [readonly string[], number, number][]): Snapshot {
  const snapshot = new Snapshot('users')
  for (const group of groups) snapshot.add(...group)
  return snapshot.sorted()
}

const snapshot = snapshotOf([inner, 1, 100], [other, 3, 900], [inner, 1, 150], [[], 1, 10])

describe('a snapshot', () => {
  it('groups blocks by their stack, most bytes first', () => {
    expect(snapshot.leaks).toEqual([
      { site: other[0], stack: other, blocks: 3, bytes: 900 },
      { site: inner[0], stack: inner, blocks: 2, bytes: 250 },
      { site: '', stack: [], blocks: 1, bytes: 10 },
    ])
    expect([snapshot.blocks, snapshot.bytes]).toEqual([6, 1160])
  })

  it('prints a line for all, and the stack of each place', () => {
    expect(String(snapshot).split('\n')).toEqual([
      '6 blocks of 1,160 bytes',
      '  3 blocks, 900 bytes: async save (file:///app/save.mjs:7:9)',
      '    main (/app/index.js:3:1)',
      '  2 blocks, 250 bytes: load (/app/users.js:12:20)',
      '    main (/app/index.js:3:1)',
      '  1 block, 10 bytes: (stacks were not kept)',
    ])
    const many = snapshotOf(...Array.from({ length: 12 }, (_, i): [string[], number, number] => [[`f${i}`], 1, i]))
    expect(String(many)).toMatch(/\n {2}and 2 places more$/)
  })

  it('tells what came since another, and what went', () => {
    const later = snapshotOf([inner, 2, 250], [other, 5, 1500])
    expect(later.since(snapshot)).toEqual([
      { site: other[0], stack: other, blocks: 2, bytes: 600 },
      { site: '', stack: [], blocks: -1, bytes: -10 },
    ])
    for (const [wrong, shown] of [
      [undefined, 'undefined (undefined)'],
      [5, '5 (number)'],
      [{}, 'an object (object)'],
    ])
      expect(() => later.since(wrong as never)).toThrow(`since needs an earlier snapshot() of the heap, got ${shown}`)
  })
})

describe('toHeapProfile', () => {
  it('makes a tree of calls from the outermost, in the form of the DevTools', () => {
    const { head, samples } = toHeapProfile(snapshot.leaks)
    expect(head.callFrame.functionName).toBe('(root)')
    const [main, unknown] = head.children
    expect([main?.callFrame.functionName, main?.selfSize, main?.children.length]).toEqual(['main', 0, 2])
    const [save, load] = main!.children
    expect(save).toMatchObject({
      selfSize: 900,
      callFrame: { url: 'file:///app/save.mjs', lineNumber: 6, columnNumber: 8 },
    })
    expect(load).toMatchObject({ selfSize: 250, callFrame: { functionName: 'load', url: 'file:///app/users.js' } })
    expect(unknown?.selfSize).toBe(10)
    expect(samples.map(({ size, nodeId }) => [size, nodeId])).toEqual([
      [900, save?.id],
      [250, load?.id],
      [10, unknown?.id],
    ])
    expect(JSON.parse(snapshot.toHeapProfile())).toEqual(toHeapProfile(snapshot.leaks))
  })
})

describe('toPprof', () => {
  it('makes what pprof-format reads', () => {
    const profile = Profile.decode(toPprof(snapshot.leaks, 1_700_000_000_123))
    const text = (index: unknown): string => profile.stringTable.strings[Number(index)] as string
    expect(profile.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ])
    expect(Number(profile.timeNanos)).toBe(1_700_000_000_123 * 1e6)
    const read = profile.sample.map(({ locationId, value }) => ({
      values: value.map(Number),
      calls: locationId.map((id) => {
        const { line } = profile.location.find((location) => location.id === id)!
        const called = profile.function.find((one) => one.id === line[0]!.functionId)!
        return [text(called.name), text(called.filename), Number(line[0]!.line)]
      }),
    }))
    expect(read).toEqual([
      {
        values: [3, 900],
        calls: [
          ['save', 'file:///app/save.mjs', 7],
          ['main', '/app/index.js', 3],
        ],
      },
      {
        values: [2, 250],
        calls: [
          ['load', '/app/users.js', 12],
          ['main', '/app/index.js', 3],
        ],
      },
      { values: [1, 10], calls: [['(stacks were not kept)', '', 0]] },
    ])
    expect(Profile.decode(snapshot.toPprof()).sample.length).toBe(3)
  })
})
