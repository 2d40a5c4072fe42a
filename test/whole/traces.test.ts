import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeTrace } from '../../bench/traces/codec'
import { readFlat, writeFlat } from '../../bench/traces/flat'
import { convertLog } from '../../bench/traces/record/convert'
import { type CheckedArm, replayChecked } from '../../bench/traces/replay'
import {
  encodeTrace,
  KIND_ALLOC,
  KIND_ALLOC_ZEROED,
  KIND_FREE,
  KIND_REALLOC,
  parseMallocLab,
  readTrace,
  type Trace,
  TraceBuilder,
  traceNames,
} from '../../bench/traces/trace'

const folder = mkdtempSync(join(tmpdir(), 'ebb-traces-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A small deterministic generator of numbers below `limit`. */
function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

function randomTrace(operations: number): Trace {
  const below = numbers(42)
  const builder = new TraceBuilder(1)
  const live: number[] = []
  for (let i = 0; i < operations; i++) {
    const choice = below(10)
    const size = below(50) === 0 ? below(2 ** 32) : below(700)
    if (choice < 5 || live.length === 0) live.push(choice === 0 ? builder.allocZeroed(size) : builder.alloc(size))
    else if (choice === 5) builder.realloc(live[below(live.length)]!, size)
    else builder.free(live.splice(below(live.length), 1)[0]!)
  }
  return builder.finish('random', 'a test')
}

/** Blocks as plain Uint8Arrays: an allocator that cannot be wrong, unless `spoil` says so. */
const arrays = (spoil?: (bytes: Uint8Array) => void): CheckedArm<Uint8Array> => ({
  alloc: (byteLength) => new Uint8Array(byteLength).fill(0xaa),
  allocZeroed: (byteLength) => new Uint8Array(byteLength),
  realloc: (block, byteLength) => {
    const larger = new Uint8Array(byteLength)
    larger.set(block.subarray(0, byteLength))
    spoil?.(larger)
    return larger
  },
  free: () => {},
  bytes: (block, byteLength) => block.subarray(0, byteLength),
})

describe('TraceBuilder', () => {
  it('reuses the number that was freed last, keeps it over realloc, and frees what is left', () => {
    const builder = new TraceBuilder()
    const [a, b, c] = [builder.alloc(10), builder.allocZeroed(20), builder.alloc(30)]
    builder.free(a)
    builder.free(b)
    expect([builder.alloc(5), builder.alloc(6)]).toEqual([b, a])
    builder.realloc(c, 300)
    const trace = builder.finish('small')
    const word = (id: number, kind: number) => id * 4 + kind
    expect([...trace.ops]).toEqual(
      [
        [word(0, KIND_ALLOC), 10],
        [word(1, KIND_ALLOC_ZEROED), 20],
        [word(2, KIND_ALLOC), 30],
        [word(0, KIND_FREE), 0],
        [word(1, KIND_FREE), 0],
        [word(1, KIND_ALLOC), 5],
        [word(0, KIND_ALLOC), 6],
        [word(2, KIND_REALLOC), 300],
        [word(0, KIND_FREE), 0],
        [word(1, KIND_FREE), 0],
        [word(2, KIND_FREE), 0],
      ].flat(),
    )
    expect(trace).toMatchObject({ operations: 11, closingFrees: 3, ids: 3, peakLiveBytes: 311, liveBytes: 311 })
    expect(trace.meanLiveBytes).toBeCloseTo((10 + 30 + 60 + 50 + 30 + 35 + 41 + 311 + 305 + 300 + 0) / 11)
  })

  it('refuses blocks that are not live and sizes that do not fit a word', () => {
    const builder = new TraceBuilder()
    const id = builder.alloc(1)
    builder.free(id)
    expect(() => builder.free(id)).toThrow('block 0 is not live at operation 2')
    expect(() => builder.realloc(7, 1)).toThrow('block 7 is not live at operation 2')
    for (const size of [-1, 1.5, 2 ** 32, Number.NaN]) expect(() => builder.alloc(size)).toThrow(RangeError)
  })
})

describe('the packed form', () => {
  it('gives back the trace that went in', () => {
    const trace = randomTrace(20_000)
    expect(decodeTrace(encodeTrace(trace), 'here')).toEqual(trace)
  })

  it('holds an empty trace', () => {
    const trace = new TraceBuilder().finish('empty')
    expect(decodeTrace(encodeTrace(trace), 'here')).toEqual(trace)
  })

  it('is refused when it is cut short, or is something else', () => {
    const packed = encodeTrace(randomTrace(1000))
    expect(() => decodeTrace(packed.subarray(0, packed.length / 2), 'half.trace.br')).toThrow(
      'half.trace.br: not a brotli stream, or cut short',
    )
    expect(() => decodeTrace(Buffer.from('a 1 2'), 'text')).toThrow('text: not a brotli stream')
  })
})

describe('readTrace', () => {
  it('reads every committed trace: a million operations and more, the peak above half a MB', () => {
    expect(traceNames()).toEqual(['ast', 'calculator', 'groupby', 'json', 'requests', 'simulation'])
    for (const name of traceNames()) {
      const trace = readTrace(name)
      expect(trace.name).toBe(name)
      expect(trace.operations).toBeGreaterThan(1e6)
      expect(trace.peakLiveBytes).toBeGreaterThan(5e5)
    }
  })

  it('reads files by path, packed or text', () => {
    const trace = randomTrace(100)
    const packed = join(folder, 'mine.trace.br')
    writeFileSync(packed, encodeTrace(trace))
    expect(readTrace(packed)).toEqual(trace)
    const text = join(folder, 'short.rep')
    writeFileSync(text, 'a 0 8\nf 0\n')
    expect(readTrace(text)).toMatchObject({ name: 'short', source: text, operations: 2 })
    expect(() => readTrace('nowhere')).toThrow(
      'it is neither a file nor one of ast, calculator, groupby, json, requests, simulation',
    )
  })

  it('writes flat files: a head of eight words, then the operations', () => {
    const trace = randomTrace(1000)
    const file = join(folder, 'flat', 'random.bin')
    writeFlat(trace, file)
    const bytes = readFileSync(file)
    const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    expect([...words.subarray(0, 8)]).toEqual([0x54424245, 1, trace.operations, trace.ids, trace.closingFrees, 0, 0, 0])
    expect(words.subarray(8)).toEqual(trace.ops)
    const { ops, operations, ids, closingFrees } = trace
    expect(readFlat(file)).toEqual({ ops, operations, ids, closingFrees })
    writeFileSync(file, bytes.subarray(0, bytes.length - 4))
    expect(() => readFlat(file)).toThrow(`${file} is cut short`)
    writeFileSync(file, new Uint8Array(32))
    expect(() => readFlat(file)).toThrow(`${file} is no flat trace of this version`)
  })
})

describe('the malloc-lab parser', () => {
  it('takes a head of numbers, comments, sparse ids, and all operations', () => {
    const trace = parseMallocLab('20000\n3\n5\n1\n# comment\na 7 100\n\nz 900 16\nr 7 200\r\nf 900\na 900 1', 'x.rep')
    expect([...trace.ops]).toEqual([0, 100, 5, 16, 2, 200, 7, 0, 4, 1, 3, 0, 7, 0])
    expect(trace).toMatchObject({ source: 'x.rep', closingFrees: 2, ids: 2, peakLiveBytes: 216 })
  })

  it.each([
    ['a 1 8\nq 1', 'x.rep:2: "q 1": an operation is one of "a ID SIZE", "r ID SIZE", "f ID"'],
    ['a 1', 'x.rep:1: "a 1": "a" takes an id and a size'],
    ['a 1 8\nf 1 8', 'x.rep:2: "f 1 8": "f" takes an id'],
    ['a one 8', 'x.rep:1: "a one 8": the id must be a whole number, got "one"'],
    ['\n\na 1 -8', 'x.rep:3: "a 1 -8": the size must be a whole number from 0 to 4294967295, got "-8"'],
    ['a 1 4294967296', 'x.rep:1: "a 1 4294967296": the size must be a whole number'],
    ['a 1 8\na 1 8', 'x.rep:2: "a 1 8": id 1 is live already'],
    ['f 3', 'x.rep:1: "f 3": id 3 is not live'],
    ['r 3 8', 'x.rep:1: "r 3 8": id 3 is not live'],
    ['1\n2\n3\n4\n5\na 1 8', 'x.rep:5: "5": an operation is one of'],
  ])('refuses %j', (text, message) => {
    expect(() => parseMallocLab(text, 'x.rep')).toThrow(message)
  })
})

describe("the recorder's log", () => {
  /** Entries as recorder.c writes them. */
  const log = (...entries: [before: bigint, after: bigint, kind: number, byteLength: number][]): Uint8Array => {
    const view = new DataView(new ArrayBuffer(24 * entries.length))
    entries.forEach(([before, after, kind, byteLength], i) => {
      view.setBigUint64(24 * i, before, true)
      view.setBigUint64(24 * i + 8, after, true)
      view.setUint32(24 * i + 16, kind, true)
      view.setUint32(24 * i + 20, byteLength, true)
    })
    return new Uint8Array(view.buffer)
  }

  it('becomes dense ids; blocks from before the recording are dropped or begin with their realloc', () => {
    const A = 0x7f00_0000_1000n
    const B = 0x7f00_0000_2000n
    const trace = convertLog(
      log(
        [0n, A, KIND_ALLOC, 48],
        [5n, 0n, KIND_FREE, 0],
        [A, B, KIND_REALLOC, 64],
        [9n, A, KIND_REALLOC, 32],
        [B, 0n, KIND_FREE, 0],
      ),
      'program',
      'here',
    )
    expect([...trace.ops]).toEqual([0, 48, 2, 64, 4, 32, 3, 0, 7, 0])
  })

  it('is refused when it is cut short or contradicts itself', () => {
    expect(() => convertLog(new Uint8Array(25), 'program', '')).toThrow('the log of program is cut short: 25 bytes')
    const twice = log([0n, 16n, KIND_ALLOC, 8], [0n, 16n, KIND_ALLOC, 8])
    expect(() => convertLog(twice, 'program', '')).toThrow('allocates a live address at entry 1')
  })
})

describe('a checked replay', () => {
  const text = 'a 1 100\nz 2 50\nr 1 300\nr 2 20\nf 1'

  it('counts what it did and calls back in between', () => {
    const seen: number[] = []
    const counts = replayChecked(parseMallocLab(text, 'x'), arrays(), (operation) => seen.push(operation), 2)
    expect(counts).toEqual({
      operations: 6,
      allocs: 1,
      zeroedAllocs: 1,
      reallocs: 2,
      frees: 2,
      bytesChecked: 50 + 100 + 100 + 50 + 20 + 300 + 20,
    })
    expect(seen).toEqual([2, 4, 6])
  })

  it('names the first wrong byte', () => {
    const spoiled = arrays((bytes) => {
      bytes[7] = ~bytes[7]!
    })
    expect(() => replayChecked(parseMallocLab(text, 'x'), spoiled)).toThrow(
      /^x, operation 2, block 0 of 100 bytes: byte 7 is \d+, expected \d+$/,
    )
    const dirty = { ...arrays(), allocZeroed: arrays().alloc }
    expect(() => replayChecked(parseMallocLab(text, 'x'), dirty)).toThrow('byte 0 is 170, expected 0')
  })
})
