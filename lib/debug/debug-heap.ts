/**
 * A heap that finds its caller's mistakes. It is an ordinary heap whose public methods are overridden: each block gets guards and an entry,
 * freed ones wait in a quarantine, and every access is held to what was asked for. guards.ts has the picture, docs/debugging.md is the guide.
 */
import { HeapError, isByteLength, refuseByteLength, showPointer } from '../base/errors'
import { GRANULE_BYTES, type Pointer, SMALL_MAX_BYTES } from '../base/layout'
import type { CompactResult, Moved } from '../heap/compact'
import type { Block } from '../heap/heap'
import { clearBlock, usableBytes } from '../heap/live-blocks'
import { partsOf, partsOfThis } from '../heap/numbers'
import { type CompactBudget, checkOptions, type HeapOptions } from '../heap/options'
import { setOwners } from '../heap/owners'
import { mustBeOpen } from '../heap/refuse'
import { tookFresh } from '../heap/take'
import type { HeapStats } from '../inspect/stats'
import { freePending } from '../supply/parts'
import { watchExit } from './at-exit'
import { CheckedBytes } from './checked-bytes'
import { damageOf, damagesOf } from './damage'
import { DebugOwners } from './debug-owners'
import { LIVE } from './entries'
import { debugByEnvironment } from './environment'
import { armBack, BACK_BYTES, FRONT_BYTES } from './guards'
import { countHeldAsFree } from './held-stats'
import { IdleCheck } from './idle-check'
import { wordAt, wordsOf } from './memory'
import { endOfSmall, freeNear, reopenNear } from './near-blocks'
import { addKnown, mustNotBeHeld } from './refusals'
import { type Leak, Snapshot } from './snapshot'

const GUARD_BYTES = FRONT_BYTES + BACK_BYTES

/** What `new Heap({ debug: true })` makes, and every `new Heap` where the environment has EBB_DEBUG=1. */
export class DebugHeap extends CheckedBytes {
  readonly #leaks: 'warn' | 'exit' | 'ignore'

  /** @param options - those of a heap; where `debug` is not there, the default is `true` and what EBB_DEBUG says */
  constructor(options: HeapOptions = {}) {
    if (typeof options !== 'object' || options === null) checkOptions(options) // which refuses it
    const debug = { ...debugByEnvironment(), ...(typeof options.debug === 'object' ? options.debug : {}) }
    super({ ...options, debug })
    this.#leaks = debug.leaks ?? 'warn'
    setOwners(this, new DebugOwners(this, this.tracker))
    if (debug.idle ?? true) new IdleCheck(partsOf(this), this.tracker)
    addKnown(this)
    if (this.#leaks === 'exit') watchExit(this)
  }

  override alloc(byteLength: number): Pointer {
    const { tracker } = this
    return (tracker.isFull && reopenNear(tracker, byteLength)) || this.#allocAny(byteLength)
  }

  #allocAny(byteLength: number): Pointer {
    const { tracker } = this
    const bytes = typeof byteLength === 'number' ? byteLength + GUARD_BYTES : 0
    if ((bytes | 0) === bytes && bytes >= GUARD_BYTES && bytes <= SMALL_MAX_BYTES && !tracker.hasMoves)
      return tracker.openSmall(this.#ask(this.#alloc, bytes), byteLength, endOfSmall(byteLength))
    const entry = this.#take(byteLength)
    tracker.fillFresh(entry, 0)
    return tracker.entries.pointer(entry)
  }

  override allocZeroed(byteLength: number): Pointer {
    const entry = this.#take(byteLength, this.#allocZeroed)
    return this.tracker.entries.pointer(entry)
  }

  override allocAligned(byteLength: number, alignment: number): Pointer {
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    const front = Number.isInteger(alignment) ? Math.max(FRONT_BYTES, alignment) : FRONT_BYTES
    const entry = this.#take(byteLength, (bytes) => super.allocAligned(bytes, alignment), front)
    this.tracker.fillFresh(entry, 0)
    return this.tracker.entries.pointer(entry)
  }

  /** Takes memory for a block and its guards. */
  #take(byteLength: number, take = this.#alloc, front = FRONT_BYTES): number {
    const { tracker } = this
    // What is no number of bytes is refused as that number, without the guards.
    const guarded = isByteLength(byteLength) ? byteLength + front + BACK_BYTES : byteLength
    const bytes = isByteLength(guarded) ? guarded : byteLength
    for (;;) {
      const inner = this.#ask(take, bytes)
      const end = (usableBytes(tracker.parts, inner) - front) / 4
      if (tracker.hasMoves && front === FRONT_BYTES && tracker.holdMoved(inner, end)) continue
      return tracker.open(inner, front / GRANULE_BYTES, byteLength, end)
    }
  }

  readonly #alloc = (bytes: number): Pointer => super.alloc(bytes)

  /** Memory that the system has just given is left as it is: it is zero, and not resident. */
  readonly #allocZeroed = (bytes: number): Pointer => {
    const parts = partsOf(this)
    parts.arenas.tookFresh = false
    const inner = super.alloc(bytes)
    clearBlock(parts.table, inner, usableBytes(parts, inner), tookFresh(parts, inner, bytes))
    return inner
  }

  /** Where the heap below refuses, what is held back goes first, and it is asked once more. */
  #ask(take: (bytes: number) => Pointer, bytes: number): Pointer {
    try {
      return take(bytes)
    } catch (error) {
      return this.#again(error, take, bytes)
    }
  }

  #again(error: unknown, take: (bytes: number) => Pointer, bytes: number): Pointer {
    const { code } = error as HeapError
    const isRefusal = code === 'EBB_LIMIT' || code === 'EBB_OUT_OF_MEMORY'
    if (!isRefusal || !this.tracker.release(0)) throw error
    return take(bytes)
  }

  override realloc(pointer: Pointer, byteLength: number): Pointer {
    if ((pointer as number) === 0) return this.alloc(byteLength)
    const { tracker } = this
    const { entries } = tracker
    const entry = this.entryOf(pointer, 'realloc')
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    mustNotBeHeld(tracker, entry, pointer, 'realloc')
    this.#mustBeWhole(entry, 'realloc')
    const before = entries.size(entry)
    const room = entries.end(entry) * 4 - BACK_BYTES
    if (byteLength <= room && room - byteLength <= room / 4) {
      entries.setSize(entry, byteLength)
      if (byteLength > before) tracker.fillFresh(entry, before)
      armBack(wordsOf(tracker.parts, pointer), wordAt(pointer), byteLength, entries.end(entry))
      return pointer
    }
    const moved = this.alloc(byteLength)
    const kept = Math.min(before, byteLength)
    const from = wordsOf(tracker.parts, pointer)
    const to = wordsOf(tracker.parts, moved)
    const source = wordAt(pointer)
    const target = wordAt(moved)
    for (let i = 0; i < Math.floor(kept / 4); i++) to[target + i] = from[source + i] as number
    for (let i = kept & ~3; i < kept; i++) super.setUint8(moved, i, super.getUint8(pointer, i))
    tracker.free(entry)
    return moved
  }

  override free(pointer: Pointer): void {
    if (!freeNear(this.tracker, pointer) && (pointer as number) !== 0) this.#freeAny(pointer)
  }

  #freeAny(pointer: Pointer): void {
    const { tracker } = this
    const entry = this.entryOf(pointer, 'free')
    mustNotBeHeld(tracker, entry, pointer, 'free')
    if (!tracker.free(entry)) this.#mustBeWhole(entry, 'free')
  }

  /** Throws EBB_DAMAGED where somebody wrote past a block. The guards are whole then, so that the next call succeeds. */
  #mustBeWhole(entry: number, verb: string): void {
    if (this.tracker.isWhole(entry)) return
    const damage = damageOf(this.tracker, entry, verb)
    if (damage !== undefined) throw damage
  }

  /** Bytes that were asked for. */
  override usableSize(pointer: Pointer): number {
    return this.tracker.entries.size(this.entryOf(pointer, 'usableSize'))
  }

  override isLive(pointer: unknown): pointer is Pointer {
    return this.tracker.find(pointer) !== 0
  }

  override blocks(): Generator<Block> {
    return this.#walk(super.blocks())
  }

  *#walk(inners: Generator<Block>): Generator<Block> {
    const { tracker } = this
    for (const { pointer: inner } of inners) {
      const pointer = tracker.outer(inner)
      const entry = tracker.find(pointer)
      if (entry !== 0) yield { pointer, usableSize: tracker.entries.size(entry) }
    }
  }

  /** As of every heap, of the memory below: guards are part of live blocks. Freed blocks that are held back count as free. */
  override stats(): HeapStats {
    return countHeldAsFree(super.stats(), this.tracker)
  }

  override purge(): number {
    mustBeOpen(partsOfThis(this), 'purge')
    freePending(partsOfThis(this))
    this.tracker.release(0)
    return super.purge()
  }

  override compact(moved?: Moved, budget?: CompactBudget): CompactResult {
    const { isClosed, moving } = partsOfThis(this)
    if (!isClosed && moving === 0) this.tracker.release(0)
    return super.compact(typeof moved === 'function' ? this.tracker.translate(moved) : moved, budget)
  }

  override onMoved(listener: Moved, ended?: () => void): () => boolean {
    return super.onMoved(typeof listener === 'function' ? this.tracker.translate(listener) : listener, ended)
  }

  override pin(pointer: Pointer): void {
    super.pin(this.tracker.inner(this.entryOf(pointer, 'pin')))
    this.tracker.hasPins = true
  }

  override unpin(pointer: Pointer): void {
    const inner = this.tracker.inner(this.entryOf(pointer, 'unpin'))
    if (!partsOf(this).pins.has(inner))
      throw new HeapError('EBB_PINNED', `ebb: unpin(${showPointer(pointer)}): the block is not pinned`)
    super.unpin(inner)
    this.tracker.hasPins = partsOf(this).pins.size > 0
  }

  /**
   * Looks at the guards of all live blocks and at all freed ones that are held back.
   * @throws HeapError `EBB_DAMAGED` for the first that somebody wrote into, with the rest in `others`; all are whole then
   */
  check(): void {
    mustBeOpen(partsOfThis(this), 'check')
    const [first, ...others] = damagesOf(this.tracker)
    if (first === undefined) return
    first.others = others
    throw first
  }

  /** Live blocks by where they were allocated, most bytes first. */
  leaks(): readonly Leak[] {
    return this.snapshot().leaks
  }

  /** What is live now, to be compared with what is live later, or written as a profile. */
  snapshot(): Snapshot {
    const { tracker } = this
    const { entries } = tracker
    const snapshot = new Snapshot(this.name)
    for (let entry = 1; entry < entries.count; entry++)
      if (entries.state(entry) === LIVE) snapshot.add(tracker.lines(entries.allocated[entry]), 1, entries.size(entry))
    return snapshot.sorted()
  }

  override close(): void {
    if (partsOfThis(this).isClosed) return
    for (const damage of damagesOf(this.tracker)) process.emitWarning(damage)
    if (this.#leaks !== 'ignore') {
      const snapshot = this.snapshot()
      if (snapshot.blocks > 0) {
        const heap = this.name === '' ? 'a heap' : `heap ${JSON.stringify(this.name)}`
        process.emitWarning(`ebb: ${heap} is closed with live blocks: ${snapshot}`, {
          type: 'LeakWarning',
          code: 'EBB_LEAK',
        })
      }
    }
    super.close()
    this.tracker.close()
  }
}
