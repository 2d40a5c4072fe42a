/** Whatever a caller does, also out of callbacks, getters and timers: the books of all heaps stay whole. */
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bool, f64, Heap, type HeapError, i64, record, ref, struct, u8, u32 } from '../../lib'
import { type Pointer, slotOf } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { runChild, said } from '../support/child'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const CHECK_HEAP = join(__dirname, '..', '..', 'dist', 'inside.js')

const sound = (...heaps: Heap[]): void => {
  for (const heap of heaps) checkHeap(partsOf(heap))
}

/** A heap in which compact has much to move: one block in nine is left of 3000. */
function sparseHeap(decay = 1000) {
  const { heap } = testHeap({ decay })
  const blocks = [...heap.allocMany(64, new Int32Array(3000))] as Pointer[]
  heap.freeMany(blocks.filter((_, index) => index % 9 !== 0))
  return { heap, kept: blocks.filter((_, index) => index % 9 === 0) }
}

/** Blocks of a heap are all distinct and none lies inside of another, and new ones do not either. */
function noBlockTwice(heap: Heap): void {
  for (let i = 0; i < 3000; i++) heap.alloc(i % 9 === 0 ? 4096 : (i * 37) % 1000)
  let end = 0
  for (const { pointer, usableSize } of heap.blocks()) {
    if (pointer < end) throw new Error(`block ${pointer} begins inside of the one before`)
    end = pointer + usableSize / 16
  }
}

describe('a callback of compact', () => {
  it('may free the block that it is told of, when that is alone in its arena', () => {
    for (const decay of [0, 1000]) {
      const { heap } = testHeap({ decay })
      const fill = heap.allocMany(4096, new Int32Array(63))
      const alone = heap.alloc(64)
      heap.freeMany(fill.subarray(0, 20))
      heap.purge()
      const freed: Pointer[] = []
      heap.compact((from, to) => {
        if (from !== alone) return
        heap.free(to)
        freed.push(from)
      })
      expect(freed).toEqual([alone])
      sound(heap)
      noBlockTwice(heap)
    }
  })

  it('may free every other block that it is told of, in heaps of all sizes', () => {
    const random = new Random('a callback that frees')
    for (let round = 0; round < 20; round++) {
      const { heap } = testHeap()
      for (let i = 0; i < 1500; i++) {
        const pointer = heap.alloc(1 + random.below(1000))
        if (!random.oneIn(7)) heap.free(pointer)
      }
      heap.compact((_, to) => {
        if (random.oneIn(2)) heap.free(to)
      })
      noBlockTwice(heap)
      sound(heap)
    }
  })

  it('cannot free the moving block, nor after a pin and unpin beside it', () => {
    const { heap } = testHeap()
    const all = [...heap.allocMany(64, new Int32Array(2048))] as Pointer[]
    const kept = all.filter((_, index) => index % 8 < 2)
    heap.freeMany(all.filter((_, index) => index % 8 >= 2))
    let pairs = 0
    heap.compact((from) => {
      const beside = kept.find((p) => p !== from && p >>> 8 === from >>> 8 && heap.isLive(p))
      if (beside === undefined) return
      pairs++
      heap.pin(beside)
      heap.unpin(beside)
      expect(caught(() => heap.free(from)).code).toBe('EBB_BUSY')
      expect(heap.alloc(64)).not.toBe(from)
      checkHeap(partsOf(heap))
    })
    expect(pairs).toBeGreaterThan(10)
    sound(heap)
  })

  it('may close its own heap and another, and open new ones', () => {
    const [{ heap }, other] = [sparseHeap(), sparseHeap()]
    let calls = 0
    const result = heap.compact(() => {
      if (++calls === 5) other.heap.close()
      if (calls !== 20) return
      heap.close()
      const next = testHeap().heap
      next.allocMany(64, new Int32Array(3000))
      sound(next)
    })
    expect(result).toMatchObject({ moved: 20, bytes: 0 })
    sound(heap, other.heap)
  })
})

describe('listeners of moves', () => {
  it('are all told, and all that ended is heard of, when one of them throws', () => {
    const { heap } = sparseHeap()
    const heard: string[] = []
    heap.onMoved(
      () => heard.push('a'),
      () => {
        heard.push('a ended')
        throw new Error('mine')
      },
    )
    heap.onMoved(
      () => {
        heard.push('b')
        throw new Error('first')
      },
      () => heard.push('b ended'),
    )
    expect(() => heap.compact(() => heard.push('callback'))).toThrow('first')
    expect(heard).toEqual(['a', 'b', 'callback', 'a ended', 'b ended'])
    sound(heap)
  })

  it('that throw at the end keep no ref from being rewritten', () => {
    const { heap, kept } = sparseHeap()
    heap.onMoved(
      () => {},
      () => {
        throw new Error('mine')
      },
    )
    const link = record(heap, { to: ref })
    const pointers = kept.map((to) => link.follow(link.fromObject({ to })))
    const at = new Map(kept.map((pointer) => [pointer, pointer]))
    const links = new Map(pointers.map((pointer, index) => [pointer, kept[index] as Pointer]))
    const compact = () =>
      heap.compact((from, to) => {
        for (const [block, now] of at) if (now === from) at.set(block, to)
        const target = links.get(from)
        if (target === undefined || !links.delete(from)) return
        links.set(to, target)
      })
    expect(compact).toThrow('mine')
    for (const [pointer, block] of links) expect(link.fields.to.get(pointer)).toBe(at.get(block))
  })

  it('that are registered twice are told twice, and taken away one at a time', () => {
    const { heap } = sparseHeap()
    let told = 0
    const listener = () => told++
    const undo = [heap.onMoved(listener), heap.onMoved(listener)]
    heap.compact(() => {}, { maxBlocks: 1 })
    expect(told).toBe(2)
    expect([undo[0]?.(), undo[0]?.()]).toEqual([true, false])
    heap.compact(() => {}, { maxBlocks: 1 })
    expect(told).toBe(3)
    for (const wrong of [[5], [listener, 5], [undefined]])
      expect(caught(() => heap.onMoved(...(wrong as [never]))).name).toBe('TypeError')
  })
})

describe('followed refs', () => {
  it('follow their own blocks while the callback allocates in the places that get free', () => {
    const random = new Random('refs and a callback that allocates')
    for (let round = 0; round < 12; round++) {
      const { heap } = testHeap({ decay: round % 2 === 0 ? 0 : 1000 })
      const link = record(heap, { to: ref })
      const fresh = (id: number): Pointer => {
        const pointer = heap.alloc([32, 64, 128, 256][random.below(4)] as number)
        heap.setUint32(pointer, 0, id)
        return pointer
      }
      const nodes = Array.from({ length: 3000 }, (_, id) => fresh(id))
      const made = nodes.map((to) => link.fromObject({ to }))
      const links = new Map<Pointer, number>()
      const share = 3 + random.below(20)
      made.forEach((pointer, id) => {
        if (random.oneIn(share)) links.set(link.follow(pointer), id)
        else for (const block of [pointer, nodes[id] as Pointer]) heap.free(block)
      })
      let id = 1_000_000
      heap.compact((from, to) => {
        const moved = links.get(from)
        if (moved !== undefined && links.delete(from)) links.set(to, moved)
        if (random.oneIn(2)) fresh(++id)
      })
      for (const [pointer, target] of links)
        expect(heap.getUint32(link.fields.to.get(pointer) as Pointer, 0)).toBe(target)
      sound(heap)
    }
  })

  it('of a block that became shorter are looked at as far as it goes', () => {
    const { heap, kept } = sparseHeap(0)
    const link = record(heap, { to: ref })
    const list = link.follow(link.allocArray(16_384), 16_384)
    expect(heap.realloc(list, 34_000)).toBe(list)
    const behind = Array.from({ length: 7 }, () => heap.alloc(4096))
    const words = Int32Array.from({ length: 1024 }, (_, index) => kept[index % kept.length] as Pointer)
    for (const pointer of behind) heap.copyIn(pointer, words)
    expect(behind.map((pointer) => pointer > list && pointer < list + 4096)).toContain(true)
    let moved = 0
    heap.compact((from) => {
      if (kept.includes(from)) moved++
    })
    expect(moved).toBeGreaterThan(10)
    for (const pointer of behind)
      if (heap.isLive(pointer)) expect(heap.copyOut(pointer, 4096)).toEqual(new Uint8Array(words.buffer))
  })
})

describe('heaps without magazines of their own', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('refuse the pointers of one another, in free and in realloc', () => {
    vi.spyOn(space, 'takeHeap').mockReturnValue(space.noMagazines)
    const [a, b] = [testHeap().heap, testHeap().heap]
    for (const size of [48, 500, 3000, 50_000, 1e6]) {
      const [mine, other] = [a.alloc(size), b.alloc(size)]
      for (const call of [() => a.free(other), () => a.realloc(other, size), () => a.realloc(other, size * 3)])
        expect(caught(call).code).toBe('EBB_INVALID_POINTER')
      expect([a.isLive(other), b.isLive(other)]).toEqual([false, true])
      sound(a, b)
      a.free(a.realloc(mine, size * 2))
      b.free(b.realloc(other, Math.ceil(size / 2)))
    }
    expect([a.stats().blocks, b.stats().blocks]).toEqual([0, 0])
  })

  it('come behind thousands of others, closed in the same turn, and are as right', async () => {
    const result = await runChild(`
      for (let i = 0; i < 5000; i++) { const heap = new Heap(); heap.alloc(48); heap.close() }
      const [x, y] = [new Heap(), new Heap()]
      const p = y.alloc(48)
      let code
      try { x.alloc(48); x.free(p) } catch (error) { code = error.code }
      const many = y.allocMany(48, new Int32Array(500))
      say([code, y.isLive(p), new Set(many).size, x.stats().blocks, y.stats().blocks])
    `)
    expect([said(result), result.stderr]).toEqual([[['EBB_INVALID_POINTER', true, 500, 1, 501]], ''])
  })
})

describe('a method on another receiver', () => {
  const { prototype } = Heap
  const methods = [
    'alloc',
    'allocZeroed',
    'free',
    'realloc',
    'compact',
    'stats',
    'purge',
    'bytes',
    'copyIn',
    'blocks',
  ] as const

  it('is a TypeError, and nothing is changed', () => {
    const { heap } = testHeap()
    const large = heap.alloc(1 << 20)
    const pointer = heap.alloc(48)
    for (const name of [...methods, 'close', 'pin', 'allocMany', 'freeMany', 'onMoved', 'isLive', 'toJSON'] as const)
      for (const receiver of [undefined, null, 5, {}, [], Object.create(heap), new Proxy(heap, {}), prototype])
        for (const argument of [large, pointer, 48])
          expect(caught(() => (heap[name] as (...list: unknown[]) => unknown).call(receiver, argument, 16)).name).toBe(
            'TypeError',
          )
    expect(caught(() => [48].map(heap.alloc, {})).name).toBe('TypeError')
    expect(caught(() => heap.purge.call({} as Heap)).message).toContain('which is no heap of this copy of ebb')
    heap.free(0 as Pointer)
    expect([heap.isLive(large), heap.stats().blocks, [...heap.blocks()].length]).toEqual([true, 2, 2])
    heap.freeMany([large, pointer])
    sound(heap)
  })
})

describe('indices of records', () => {
  const shape = { x: u32, y: u32, big: i64, is: bool }

  it('that are negative, fractional or no numbers are refused wherever a record is asked for', () => {
    const { heap } = testHeap()
    const type = record(heap, shape)
    const blocks = [type.alloc(), type.alloc(), type.alloc()] as const
    const cursor = type.cursor(blocks[1])
    for (const index of [-1, -0.5, 0.5, Number.NaN, Infinity, -Infinity]) {
      const calls = [
        () => type.toObject(blocks[1], index),
        () => type.assign(blocks[1], { x: 6 }, index),
        () => cursor.at(index),
      ]
      for (const call of calls) expect(caught(call).name).toBe('RangeError')
    }
    for (const index of ['0', null, {}, [1]] as never[]) {
      expect(caught(() => type.toObject(blocks[1], index)).name).toBe('TypeError')
      expect(caught(() => type.assign(blocks[1], { x: 6 }, index)).name).toBe('TypeError')
      expect(caught(() => cursor.at(index)).name).toBe('RangeError')
    }
    for (const index of [-1, -5, Number.NaN]) {
      for (const field of Object.values(type.fields))
        expect(caught(() => field.get(blocks[1], index)).code).toBe('EBB_OUT_OF_BOUNDS')
      expect(caught(() => type.fields.x.set(blocks[1], 6, index)).code).toBe('EBB_OUT_OF_BOUNDS')
      expect(caught(() => type.fields.is.set(blocks[1], true, index)).code).toBe('EBB_OUT_OF_BOUNDS')
    }
    for (const block of blocks) expect(type.toObject(block)).toEqual({ x: 0, y: 0, big: 0n, is: false })
  })

  it('that a cursor over no records has are none', () => {
    const { heap } = testHeap()
    const type = record(heap, { a: f64, b: i64, in: struct({ c: u8 }), far: f64 })
    const [empty, behind] = [type.allocArray(0), heap.allocZeroed(16)]
    const cursor = type.cursor(empty, 0)
    const accesses = [
      () => cursor.row.a,
      () => cursor.row.b,
      () => cursor.row.in.c,
      () => cursor.at(0),
      () => {
        cursor.row.far = 5
      },
      () => {
        cursor.row.in.c = 5
      },
    ]
    for (const access of accesses) expect(['RangeError', 'HeapError']).toContain(caught(access).name)
    heap.compact(() => {})
    for (const access of accesses) expect(['RangeError', 'HeapError']).toContain(caught(access).name)
    expect([cursor.length, cursor.index, heap.getFloat64(behind, 8), [...cursor]]).toEqual([0, -1, 0, []])
    expect(cursor.seat(type.alloc()).a).toBe(0)
    expect(cursor.index).toBe(0)
  })
})

describe('code of the caller in the middle of a call', () => {
  it('that frees the block whose record is assigned makes it refuse', () => {
    const { heap } = testHeap()
    const type = record(heap, { a: u8, in: struct({ b: u8 }) })
    const flat = type.alloc()
    const getter = {
      get a() {
        heap.free(flat)
        return 1
      },
    }
    expect(caught(() => type.assign(flat, getter)).code).toBe('EBB_DOUBLE_FREE')
    const nested = type.alloc()
    const deep = {
      a: 1,
      in: {
        get b() {
          heap.free(nested)
          return 1
        },
      },
    }
    expect(caught(() => type.assign(nested, deep)).code).toBe('EBB_DOUBLE_FREE')
    expect(heap.stats().blocks).toBe(0)
    sound(heap)
  })

  it('is run before anything is taken, and once', () => {
    const { heap } = testHeap()
    let reads = 0
    const shape = {
      get a() {
        return reads++ === 0 ? u8 : f64
      },
      b: u8,
    }
    const type = record(heap, shape as never as { a: typeof u8; b: typeof u8 })
    expect([type.byteLength, type.fields.b.byteOffset, reads]).toEqual([2, 1, 1])
    const values = {
      get a() {
        for (const { pointer } of heap.blocks()) heap.free(pointer)
        return reads++
      },
      b: 2,
    }
    heap.alloc(48)
    expect(type.toObject(type.fromObject(values))).toEqual({ a: 1, b: 2 })
    expect([reads, heap.stats().blocks]).toEqual([2, 1])
    expect(
      caught(() =>
        type.fromObject({
          get a() {
            heap.close()
            return 1
          },
          b: 2,
        }),
      ).code,
    ).toBe('EBB_CLOSED')
  })

  it('that closes the heap while a budget is read ends compact before it begins', () => {
    const { heap } = sparseHeap()
    const budget = {
      get maxBlocks() {
        heap.close()
        return 5
      },
    }
    expect(caught(() => heap.compact(() => {}, budget)).code).toBe('EBB_CLOSED')
  })
})

describe('a walk under way when its heap closes', () => {
  it('ends with EBB_CLOSED and shows no block of another heap', () => {
    const [a, b] = [testHeap({ decay: 0 }).heap, testHeap({ decay: 0 }).heap]
    a.allocMany(100, new Int32Array(3000))
    const walk = a.blocks()
    for (let i = 0; i < 5; i++) expect(walk.next().done).toBe(false)
    a.close()
    b.allocMany(48, new Int32Array(3000))
    expect(caught(() => walk.next()).code).toBe('EBB_CLOSED')
    expect(caught(() => a.blocks()).code).toBe('EBB_CLOSED')
  })

  it('over the rows of a cursor ends too, whoever has the memory now', () => {
    const { heap } = testHeap()
    const type = record(heap, { x: u32 })
    const cursor = type.cursor(type.allocArray(4), 4)
    const rows = cursor[Symbol.iterator]()
    rows.next()
    heap.close()
    testHeap().heap.allocMany(16, new Int32Array(3000))
    expect(caught(() => rows.next()).code).toBe('EBB_CLOSED')
    expect(caught(() => cursor.row.x).code).toBe('EBB_CLOSED')
  })

  it('leaves out what is freed meanwhile', () => {
    const { heap } = testHeap({ decay: 0 })
    const blocks = heap.allocMany(100, new Int32Array(3000))
    const seen: number[] = []
    for (const { usableSize } of heap.blocks()) if (seen.push(usableSize) === 5) heap.freeMany(blocks)
    expect(seen).toEqual(new Array(5).fill(112))
  })
})

/** Writes into a freed block as far as there is memory. */
function writeDead(heap: Heap, pointer: Pointer, byteLength: number): void {
  try {
    for (let at = 0; at < byteLength - 4; at += 40) heap.setUint32(pointer, at, 0xdead)
  } catch (error) {
    expect((error as HeapError).code).toBe('EBB_INVALID_POINTER') // nothing is mapped there any more
  }
}

describe('allocZeroed', () => {
  it('is zero whoever wrote into the memory through a dead pointer, in pools, runs and large blocks', () => {
    for (const decay of [0, 1000]) {
      for (const size of [16, 48, 600, 3000, 4096, 20_000, 100_000, 240_000, 3e5, 2e6]) {
        const [dead, next] = [testHeap({ decay }).heap, testHeap({ decay }).heap]
        const pointers = Array.from({ length: 6 }, () => dead.alloc(size))
        dead.freeMany(pointers)
        dead.purge()
        for (const pointer of pointers) writeDead(dead, pointer, size)
        for (const heap of [dead, next]) {
          for (let i = 0; i < 6; i++) {
            const bytes = heap.buffer(heap.allocZeroed(size))
            expect(bytes.equals(Buffer.alloc(bytes.length))).toBe(true)
          }
          heap.close()
        }
      }
    }
  })

  it('is zero in far arenas too', () => {
    const heap = new Heap({ clock: new ManualClock() })
    heap.allocMany(63 * 4096, new Int32Array(space.nearEnd - space.nearFirst))
    for (const size of [48, 3000, 4096, 100_000]) {
      const pointers = Array.from({ length: 6 }, () => heap.alloc(size))
      expect(pointers.some((pointer) => space.isNear(slotOf(pointer)))).toBe(false)
      const keep = heap.alloc(size)
      heap.freeMany(pointers)
      heap.purge()
      for (const pointer of pointers) writeDead(heap, pointer, size)
      for (const pointer of pointers) {
        const bytes = heap.buffer(heap.allocZeroed(size))
        expect([pointer > 0, bytes.equals(Buffer.alloc(bytes.length))]).toEqual([true, true])
      }
      heap.free(keep)
    }
    sound(heap)
    heap.close()
  })
})

describe('a stack that ends in the middle of a call', () => {
  it('leaves the books whole', async () => {
    const result = await runChild(`
      const { checkHeap } = require(${JSON.stringify(CHECK_HEAP)})
      let refused = 0
      for (let seed = 0; seed < 60; seed++) {
        const heap = new Heap({ decay: seed % 2 === 0 ? 1000 : 0 })
        const pointers = Array.from({ length: 2000 }, (_, i) => heap.alloc((i * 37 + seed) % 9000))
        let state = seed
        const act = () => {
          state = (state * 1103515245 + 12345) & 0x7fffffff
          const index = state % pointers.length
          const pointer = pointers[index]
          pointers[index] = 0
          heap.free(pointer)
          pointers.push(heap.alloc(state % 9000))
        }
        const fall = () => {
          try { act() } catch (error) {
            if (!(error instanceof RangeError)) throw error
            refused++
          }
          fall()
        }
        try { fall() } catch (error) { if (!(error instanceof RangeError)) throw error }
        checkHeap(partsOf(heap))
        heap.close()
      }
      say(refused > 60)
    `)
    expect([said(result), result.stderr]).toEqual([[true], ''])
  })
})

describe('messages', () => {
  it('stay short, whatever the value', () => {
    const { heap } = testHeap()
    const type = record(heap, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, u8])))
    const long = 'x'.repeat(1e6)
    const errors = [
      () => heap.alloc((1n << 2_000_000n) as never),
      () => heap.alloc(long as never),
      () => type.assign(type.alloc(), { [long]: 1 }),
      () => new Heap({ [long]: 1 } as never),
      () => heap.allocString('a', long as never),
    ].map((call) => caught(call))
    for (const error of errors) expect([error.name, error.message.length < 1000]).toEqual(['TypeError', true])
  })
})
