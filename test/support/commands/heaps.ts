/** Commands on whole heaps: made, compacted, purged, closed; and time that goes by. */
import fc from 'fast-check'
import { DebugHeap } from '../../../lib/debug/debug-heap'
import { Heap } from '../../../lib/heap/heap'
import type { HeapOptions } from '../../../lib/heap/options'
import { type Command, command, which } from './command'
import { refuses, same, type World } from './world'

const HEAPS_MOST = 3

/** Ways to make a heap. */
const KINDS: readonly HeapOptions[] = [
  {},
  { decay: 0 },
  { decay: Infinity, limit: 4 << 20 },
  { decay: 100, compact: 'idle' },
  { ablation: { fullestFirst: false, dirtyFirst: false } },
  { profile: 4096 },
  { clearOnFree: true },
  { debug: { stacks: 0, leaks: 'ignore', idle: false } },
  { debug: { stacks: 0, leaks: 'ignore', idle: false, quarantine: 2000 }, limit: 4 << 20 },
]

function make(world: World, kind: number): void {
  const options = KINDS[kind % KINDS.length] as HeapOptions
  const heap = new Heap({ clock: world.clock, ...options })
  world.add(heap, options.limit !== undefined, heap instanceof DebugHeap)
}

/** There is no world without a heap. */
export const newHeap = (kinds: fc.Arbitrary<number>): fc.Arbitrary<Command> =>
  kinds.map((kind) => ({
    check: (world) => world.homes.length < HEAPS_MOST,
    run: (world) => make(world, kind),
    toString: () => `new Heap(${fc.stringify(KINDS[kind % KINDS.length])})`,
  }))

const compact = command('compact', [which, fc.boolean(), fc.option(fc.nat(20))], (world, n, isTold, maxBlocks) => {
  const { heap } = world.home(n)
  const before = heap.stats().moves
  let told = 0
  const moved = isTold ? () => void told++ : undefined
  const result = heap.compact(moved, maxBlocks === null ? {} : { maxBlocks })
  same(heap.stats().moves - before, result.moved, 'moves')
  if (isTold) same(told, result.moved, 'moves told')
  if (maxBlocks !== null && result.moved > maxBlocks) throw new Error(`${result.moved} blocks moved, not ${maxBlocks}`)
})

const purge = command('purge', [which], (world, n) => {
  const home = world.home(n)
  home.heap.purge()
  if (home.blocks.length + home.held.length === 0)
    same(home.heap.stats().mappedBytes, 0, 'mapped bytes when all is free')
})

const advance = command('advance', [fc.nat(3000)], (world, ms) => world.clock.advance(ms))

const close = command(
  'close',
  [which],
  (world, n) => {
    const [{ heap, blocks, held }] = world.homes.splice(n % world.homes.length, 1) as [World['homes'][0]]
    heap.close()
    same(heap.stats().mappedBytes, 0, 'mapped bytes of a closed heap')
    refuses(() => heap.alloc(1), 'EBB_CLOSED')
    for (const { pointer } of blocks.slice(0, 2)) refuses(() => heap.getInt32(pointer, 0), 'EBB_CLOSED')
    for (const { real } of held) refuses(() => real.clear(), 'EBB_CLOSED')
  },
  (world) => world.homes.length > 1,
)

export const HEAP_COMMANDS: readonly fc.Arbitrary<Command>[] = [
  newHeap(which),
  newHeap(which),
  compact,
  compact,
  purge,
  advance,
  close,
]
