/**
 * The map of a heap: the state of every pool of its arenas and of its large memory, a byte for each 4 KiB.
 *
 * It is read from the words of the space alone, so that another thread can do it while this one is busy: the columns tell what each slot
 * holds and how many blocks of a run are taken, the ledgers which pools are free. A reader on another thread may meet books that are half
 * written. It takes whatever it reads for a state, and is right again the next time.
 */
import { types } from 'node:util'
import { rangeError, show, typeError } from '../base/errors'
import { POOL_BYTES, POOLS_PER_ARENA, RECORD_WORDS, type Slot } from '../base/layout'
import { CLASS_TABLE_LENGTH, RUN_BLOCKS, RUN_POOLS } from '../base/size-classes'
import { A_DIRTY_HIGH, A_DIRTY_LOW, A_FREE_HIGH, A_FREE_LOW, CLASS, LENGTH } from '../books/ledger'
import { ANNEX_SHIFT, annexOffset } from '../space/homes'
import { HEAP_WORDS_SHIFT } from '../space/plan'
import type { Space } from '../space/space'
import { ARENA, KEPT as IS_KEPT, LARGE as IS_LARGE, KIND_BITS, TENANT_WORDS } from '../space/tenants'

/** States of 4 KiB of a heap, as {@link HeapMap.states} has them. From `used` on a byte tells how full the pool is, see {@link fullness}. */
export const PoolState = {
  /** Nothing of the heap: in front of a large block or behind it. */
  unused: 0,
  /** The first pool of an arena, which stands for its ledger. */
  ledger: 1,
  /** Free, not resident: given back, or never used. */
  discarded: 2,
  /** Free and still resident. */
  dirty: 3,
  /** Empty, kept by its size class for up to half a decay. */
  resting: 4,
  /** Memory of a freed large block, resident until the decay is over. */
  kept: 5,
  /** Memory of a freed large block that has gone back already, while the rest of it waits. */
  keptDiscarded: 6,
  /** A large block, live or in a magazine. */
  large: 7,
  /** In an arena whose ledger this reader has no view of. */
  unseen: 8,
  /** In use, hardly any of its blocks taken; up to 254: more of them. */
  used: 128,
  /** In use, all blocks taken. */
  full: 255,
} as const

/** Bytes between those of a used pool with one taken block at most and a full one. */
const LEVELS = PoolState.full - PoolState.used

/**
 * The map of a heap, or of all heaps of a thread: rows of 64 bytes, each for 256 KiB of address space. An arena has one row; large memory
 * has as many as it takes.
 */
export interface HeapMap {
  /** The slot of each row. Rows of large memory in the space count on; of large memory elsewhere they all have its one slot. */
  readonly slots: Int32Array
  /** Number of the heap that each row is of. */
  readonly heaps: Uint16Array
  /** 64 bytes a row, one for each 4 KiB: a {@link PoolState}, or between `used` and `full`. */
  readonly states: Uint8Array
}

/** Pools of a map by their state. */
export type MapCounts = Record<keyof typeof PoolState, number>

/** Share of a pool's blocks that are taken, 0 to 1, to within 1 %: live, or in a magazine. Of a state that is not in use: 0. */
export function fullness(state: number): number {
  if (typeof state !== 'number') refuseState(state)
  return Math.max(0, (state - PoolState.used) / LEVELS)
}

function refuseState(state: unknown): never {
  const message = `ebb: no pool has the state ${show(state)}; PoolState has those there are`
  throw typeof state === 'number' ? rangeError(message) : typeError(message)
}

/** The name of a state. */
export function nameOfState(state: number): keyof typeof PoolState {
  const isUsed = typeof state === 'number' && state > PoolState.used && state < PoolState.full
  return isUsed ? 'used' : (NAMES.get(state) ?? refuseState(state))
}

const NAMES = new Map<number, keyof typeof PoolState>(
  Object.entries(PoolState).map(([name, state]) => [state, name as keyof typeof PoolState]),
)

/** Counts the pools of each state, `used` without those that are full. */
export function countStates(map: HeapMap): MapCounts {
  const states: unknown = map?.states
  if (!types.isUint8Array(states))
    throw typeError(`ebb: countStates needs a map, as heap.map() returns it, got ${show(map)} (${typeof map})`)
  const bytes = new Uint32Array(256)
  for (const state of states) bytes[state] = (bytes[state] as number) + 1
  const counts = Object.fromEntries(Object.entries(PoolState).map(([name, state]) => [name, bytes[state]])) as MapCounts
  for (let state = PoolState.used + 1; state < PoolState.full; state++) counts.used += bytes[state] as number
  return counts
}

/**
 * What a reader needs of a space. It can be posted to another thread if {@link isShared}: then that sees what this one writes.
 * It is not for user code: who has it can write into the books.
 */
export interface SpaceBooks {
  /** The memory of the space. Not as a typed array: Deno looks at each of its elements when it is posted. */
  readonly buffer: ArrayBufferLike
  /** Memory of the annexes there are, by slot >>> ANNEX_SHIFT. One that is reserved later needs a new description. */
  readonly annexes: readonly (ArrayBufferLike | null)[]
  /** Columns, as indices of words. */
  readonly owners: number
  readonly taken: number
  readonly tenants: number
  readonly ledgers: number
  /** Words of the magazines, 1 << HEAP_WORDS_SHIFT for each heap, by its number. */
  readonly magazines: number
  readonly slots: number
  readonly nearFirst: number
  readonly nearEnd: number
}

/** Describes a space to a reader. */
export function booksOf(space: Space): SpaceBooks {
  const { owners, taken, tenantsAt: tenants, noMagazines: magazines, slots, nearFirst, nearEnd } = space
  const { buffer } = space.region
  const ledgers = space.ledgers / 4
  const annexes = space.annexBuffers()
  return { buffer, annexes, owners, taken, tenants, ledgers, magazines, slots, nearFirst, nearEnd }
}

/** Whether another thread that gets the description sees the memory itself. */
export const isShared = ({ buffer }: SpaceBooks): boolean =>
  typeof SharedArrayBuffer === 'function' && (buffer as unknown) instanceof SharedArrayBuffer

/** All words of a buffer. With a length: views without one are many times slower on memory that is shared. */
export const wordsOf = (buffer: ArrayBufferLike): Int32Array => new Int32Array(buffer, 0, buffer.byteLength / 4)

/** Slots in which something of a heap begins, or of all heaps, in the order of their numbers. */
export function slotsIn({ buffer, tenants, slots }: SpaceBooks, heap?: number): Slot[] {
  const words = wordsOf(buffer)
  const found: Slot[] = []
  for (let slot = 1; slot < slots; slot++) {
    const tenant = words[tenants + slot * TENANT_WORDS] as number
    if (tenant !== 0 && (heap === undefined || tenant >>> KIND_BITS === heap)) found.push(slot as Slot)
  }
  return found
}

/** Rows that what begins in a slot takes: its pools and the one in front of them. */
function rowsOf(kind: number, pools: number): number {
  return kind === ARENA ? 1 : Math.ceil((1 + pools) / POOLS_PER_ARENA)
}

/**
 * Reads the map. Its time grows with the pools: 1 ms for 1 GB of small blocks, 5 ms where all lie in runs of several pools.
 * @param slots - where what is to be shown begins; without it, everything in the space
 */
export function readMap(books: SpaceBooks, slots: ArrayLike<number> = slotsIn(books)): HeapMap {
  if (stateOfRun[0] === 0) fillStates()
  const { tenants } = books
  const words = wordsOf(books.buffer)
  const annexes = books.annexes.map((buffer) => buffer && wordsOf(buffer))
  // The records are read once: should they change meanwhile, the rows that were counted are those that are filled.
  const records = new Int32Array(slots.length * TENANT_WORDS)
  let rows = 0
  for (let i = 0; i < slots.length; i++) {
    const from = tenants + (slots[i] as number) * TENANT_WORDS
    for (let w = 0; w < TENANT_WORDS; w++) records[i * TENANT_WORDS + w] = words[from + w] as number
    rows += rowsOf(kindIn(records, i), poolsIn(records, i))
  }
  const map = {
    slots: new Int32Array(rows),
    heaps: new Uint16Array(rows),
    states: new Uint8Array(rows * POOLS_PER_ARENA),
  }
  let row = 0
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot
    const kind = kindIn(records, i)
    const pools = poolsIn(records, i)
    const count = rowsOf(kind, pools)
    const isNear = slot >= books.nearFirst && slot < books.nearEnd
    map.heaps.fill((records[i * TENANT_WORDS] as number) >>> KIND_BITS, row, row + count)
    for (let r = 0; r < count; r++) map.slots[row + r] = isNear ? slot + r : slot
    const start = row * POOLS_PER_ARENA
    if (kind === ARENA) {
      const ledgers = isNear ? words : annexes[slot >>> ANNEX_SHIFT]
      const at = isNear ? books.ledgers + ((slot - books.nearFirst) * POOL_BYTES) / 4 : annexOffset(slot) / 4
      map.states[start] = PoolState.ledger
      if (ledgers == null) map.states.fill(PoolState.unseen, start + 1, start + POOLS_PER_ARENA)
      else showArena(books, slot, words, ledgers, at, map.states, start)
    } else {
      const first = start + 1
      map.states.fill(kind === IS_LARGE ? PoolState.large : PoolState.kept, first, first + pools)
      if (kind === IS_KEPT)
        map.states.fill(PoolState.keptDiscarded, first, first + (records[i * TENANT_WORDS + 2] as number))
    }
    row += count
  }
  return map
}

const kindIn = (records: Int32Array, i: number): number =>
  (records[i * TENANT_WORDS] as number) & ((1 << KIND_BITS) - 1)
const poolsIn = (records: Int32Array, i: number): number => records[i * TENANT_WORDS + 1] as number

/** Words of the table below for each size class: more than any run has blocks. */
const TAKEN_BITS = 9
const TAKEN_MASK = (1 << TAKEN_BITS) - 1
const CLASS_MASK = 63

/** The state of a run in use, by its class and the blocks of it that are taken; filled when the first map is read. */
const stateOfRun = new Uint8Array((CLASS_MASK + 1) << TAKEN_BITS)

/** Not done on loading: a loop so long is optimised by V8, whose compiler takes 3 MB of resident memory. */
function fillStates(): void {
  for (let index = 0; index < stateOfRun.length; index++) {
    const sizeClass = index >>> TAKEN_BITS
    const taken = index & TAKEN_MASK
    const blocks = sizeClass < CLASS_TABLE_LENGTH ? (RUN_BLOCKS[sizeClass] as number) : 0
    if (taken === 0) stateOfRun[index] = PoolState.resting
    else stateOfRun[index] = taken >= blocks ? PoolState.full : PoolState.used + Math.floor((taken * LEVELS) / blocks)
  }
}

/** Of an owner: the size class. */
const OWNER_MASK = (1 << HEAP_WORDS_SHIFT) - 1

/** @param at - word of the ledger */
function showArena(
  books: SpaceBooks,
  slot: Slot,
  words: Int32Array,
  ledger: Int32Array,
  at: number,
  states: Uint8Array,
  start: number,
): void {
  const owners = books.owners + slot * POOLS_PER_ARENA
  const takens = books.taken + slot * POOLS_PER_ARENA
  for (let pool = 1; pool < POOLS_PER_ARENA; ) {
    const free = ledger[at + (pool < 32 ? A_FREE_LOW : A_FREE_HIGH)] as number
    const owner = words[owners + pool] as number
    if ((free & (1 << pool)) !== 0) {
      const dirty = ledger[at + (pool < 32 ? A_DIRTY_LOW : A_DIRTY_HIGH)] as number
      states[start + pool] = (dirty & (1 << pool)) !== 0 ? PoolState.dirty : PoolState.discarded
      pool++
    } else if (RUN_POOLS[owner & OWNER_MASK] === 1) {
      // A run of one pool, whose owner tells its class: its record need not be read.
      states[start + pool] = stateOf(owner & OWNER_MASK, words[takens + pool] as number)
      pool++
    } else {
      const record = at + pool * RECORD_WORDS
      const end = Math.min(POOLS_PER_ARENA, pool + Math.max(1, ledger[record + LENGTH] as number))
      const state = stateOf(ledger[record + CLASS] as number, words[takens + pool] as number)
      for (; pool < end; pool++) states[start + pool] = state
    }
  }
}

const stateOf = (sizeClass: number, taken: number): number =>
  stateOfRun[((sizeClass & CLASS_MASK) << TAKEN_BITS) | (taken & TAKEN_MASK)] as number
