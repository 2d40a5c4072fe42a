/**
 * Several heaps beside the plainest model of all that they hold. Commands change both; `verify` compares them. What a command names by a number
 * is counted from the front, modulo what is there: so a sequence stays one when others are taken out of it.
 */
import { ok } from 'node:assert'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { HeapError } from '../../../lib/base/errors'
import type { Pointer } from '../../../lib/base/layout'
import type { Cache, Dict, HashSet, List } from '../../../lib/collections'
import type { Heap } from '../../../lib/heap/heap'
import { partsOf } from '../../../lib/heap/numbers'
import { checkHeap } from '../../../lib/inspect/check-heap'
import { type RecordType, record } from '../../../lib/records/record'
import { f64, ref, u8 } from '../../../lib/records/types'
import { ManualClock } from '../manual-clock'

const SHAPE = { tag: u8, x: f64, next: ref }
export type Node = RecordType<typeof SHAPE>

/** A live block: bytes, a text, or a record, whose `next` is another block. */
export interface Block {
  pointer: Pointer
  bytes: Uint8Array
  text?: string
  record?: { tag: number; x: number; next: Block | undefined }
  isFollowed: boolean
  pins: number
}

/** A collection of each kind beside what it must hold. */
export type Held =
  | { readonly kind: 'dict'; readonly real: Dict<string, Uint8Array>; readonly model: Map<string, Uint8Array> }
  | { readonly kind: 'list'; readonly real: List<string>; readonly model: string[] }
  | { readonly kind: 'set'; readonly real: HashSet<number>; readonly model: Set<number> }
  | { readonly kind: 'cache'; readonly real: Cache<string, number>; readonly model: Map<string, number> }

/** A heap and what the model says of it. */
export interface Home {
  readonly heap: Heap
  readonly nodes: Node
  readonly hasLimit: boolean
  /** What usableSize says is what was asked for. */
  readonly isDebug: boolean
  blocks: Block[]
  held: Held[]
  /** Freed or moved, and since then nothing was allocated that could be there. */
  dead: Pointer | undefined
}

/** Entries that a cache may hold. */
export const CACHED_MOST = 8

export class World {
  readonly homes: Home[] = []
  readonly clock = new ManualClock()
  /** Commands that did something. */
  ran = 0
  #noise = 1

  add(heap: Heap, hasLimit: boolean, isDebug: boolean): void {
    const home: Home = { heap, nodes: record(heap, SHAPE), hasLimit, isDebug, blocks: [], held: [], dead: undefined }
    heap.onMoved((from, to) => this.#moved(home, from, to))
    this.homes.push(home)
  }

  home(n: number): Home {
    return this.homes[n % this.homes.length] as Home
  }

  /** Bytes that no other block has. */
  noise(byteLength: number): Uint8Array {
    const bytes = new Uint8Array(byteLength)
    for (let i = 0; i < byteLength; i++) {
      this.#noise = (Math.imul(this.#noise, 1664525) + 1013904223) | 0
      bytes[i] = this.#noise >>> 24
    }
    return bytes
  }

  #moved(home: Home, from: Pointer, to: Pointer): void {
    const block = home.blocks.find(({ pointer }) => pointer === from)
    if (block === undefined) return // a block of a collection
    ok(block.pins === 0, `${from} was moved and is pinned`)
    ok(!home.blocks.some(({ pointer }) => pointer === to), `${from} was moved on a live block`)
    block.pointer = to
    home.dead = undefined
  }

  verify(): void {
    for (const home of this.homes) verifyHome(home)
  }

  close(): void {
    for (const { heap } of this.homes) heap.close()
  }
}

/** What a call of a heap with a limit may throw. The model does then as if nothing had been called. */
export function within<T>(home: Home, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (home.hasLimit && (error as HeapError).code === 'EBB_LIMIT') return undefined
    throw error
  }
}

/** The call must throw an error with one of these codes. */
export function refuses(call: () => unknown, ...codes: string[]): void {
  try {
    call()
  } catch (error) {
    if (codes.includes((error as HeapError).code)) return
    throw error
  }
  throw new Error(`nothing was thrown, not ${codes.join(' or ')}`)
}

export function same(real: unknown, model: unknown, what: string): void {
  if (isDeepStrictEqual(real, model)) return
  throw new Error(
    `${what}: ${inspect(real, { maxArrayLength: 9 })}, and should be ${inspect(model, { maxArrayLength: 9 })}`,
  )
}

function verifyHome(home: Home): void {
  const { heap, blocks, held, nodes } = home
  checkHeap(partsOf(heap))
  for (const { pointer, bytes, text, record } of blocks) {
    ok(heap.isLive(pointer), `${pointer} is live`)
    const usable = heap.usableSize(pointer)
    ok(
      home.isDebug ? usable >= bytes.length : usable >= bytes.length && usable % 16 === 0,
      `${pointer} holds ${usable}`,
    )
    if (text !== undefined) same(heap.readString(pointer), text, `text at ${pointer}`)
    else if (record !== undefined)
      same(nodes.toObject(pointer), { ...record, next: record.next?.pointer ?? 0 }, `record at ${pointer}`)
    else same(heap.copyOut(pointer, bytes.length), bytes, `block at ${pointer}`)
  }
  for (const each of held) verifyHeld(each)
  if (held.length === 0) {
    same([...heap.blocks()].map(({ pointer }) => pointer).sort(), blocks.map(({ pointer }) => pointer).sort(), 'blocks')
    same(heap.stats().blocks, blocks.length, 'stats().blocks')
  }
  const { liveBytes, freeBlockBytes, freePoolBytes, ledgerBytes, slackBytes, keptBytes, mappedBytes } = heap.stats()
  same(liveBytes + freeBlockBytes + freePoolBytes + ledgerBytes + slackBytes + keptBytes, mappedBytes, 'mapped bytes')
}

function verifyHeld(held: Held): void {
  const { kind, real, model } = held
  if (kind === 'list') same(real.toArray(), model, 'list')
  else if (kind === 'set') same(new Set(real), model, 'set')
  else if (kind === 'dict') {
    same(real.size, model.size, 'size of a dict')
    for (const [key, value] of real) same(value, model.get(key), `value of ${key}`)
  } else {
    ok(real.size <= CACHED_MOST, `${real.size} entries are cached`)
    for (const [key, value] of real) same(value, model.get(key), `cached value of ${key}`)
  }
}
