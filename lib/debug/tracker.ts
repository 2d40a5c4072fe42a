/**
 * What a debug heap does with its blocks: arms their guards, knows the live ones by their pointers, holds the freed ones back, follows moves.
 * The heap below gives and takes memory (`inner` pointers); the caller's pointer lies behind the front guard.
 */
import { GRANULE_SHIFT, type Pointer } from '../base/layout'
import type { DebugOptions } from '../heap/debug-options'
import type { HeapParts } from '../supply/parts'
import { END, Entries, FLAGS, frontOf, isHeldPlace, LIVE, POINTER, REST, ROW_SHIFT } from './entries'
import { arm, armBack, FRESH_BYTE, fillFreed, fillFresh, isFrontIntact, isIntact, isStillFreed } from './guards'
import { bytesOf, doublesOf, wordAt, wordsOf } from './memory'
import { isClosedNear, isNearBlock, nearEntry, openNear } from './near-blocks'
import { type BlockReport, storyOf } from './report'
import { linesOf, noteCalls, type Trace } from './traces'

const QUARANTINE_BYTES = 2 ** 20
/** Beyond what is to be held back: at most as many blocks as half a magazine takes. */
const SEVERAL_BYTES = 1024
const FRAMES = 8
/** Moves that are remembered. */
const MOVES_MAX = 2 ** 16

/** Where a block went that is not at its pointer any more. */
interface Move {
  readonly entry: number
  readonly serial: number
  readonly trace: Trace | undefined
}

export class Tracker {
  readonly parts: HeapParts
  readonly entries = new Entries()
  /** Pointers from before a move -> the block that was there. */
  readonly moves = new Map<Pointer, Move>()
  /** Whether there are any: a field, as V8 calls the `size` of a Map. */
  hasMoves = false
  /** The move that compact tells of now, and the entry of its block. */
  from = 0 as Pointer
  to = 0 as Pointer
  private moving = 0
  /** Granules in front of the blocks with more than one, by their inner pointers. */
  private readonly fronts = new Map<Pointer, number>()
  private hasFronts = false
  /** Whether blocks are pinned. */
  hasPins = false
  private readonly freeInner: (inner: Pointer) => void
  private readonly warn: (entry: number) => void
  readonly quarantineBytes: number
  /** Where more bytes are held back, the oldest blocks go. Up to here they are left for `reopenNear`. */
  readonly mostHeld: number
  /** Every so many-th block has its stacks kept, and blocks until the next, 0: none has; calls that a stack shows. */
  private readonly every: number
  untilStack: number
  private readonly frames: number

  /**
   * @param freeInner - gives a block back to the heap below
   * @param warn - tells of a block that is not whole
   */
  constructor(
    parts: HeapParts,
    options: DebugOptions,
    freeInner: (inner: Pointer) => void,
    warn: (entry: number) => void,
  ) {
    this.parts = parts
    this.freeInner = freeInner
    this.warn = warn
    this.quarantineBytes = options.quarantine ?? QUARANTINE_BYTES
    this.mostHeld = this.quarantineBytes + Math.min(SEVERAL_BYTES, this.quarantineBytes / 256)
    this.every = Math.ceil(options.stacks ?? 1)
    this.untilStack = Math.min(this.every, 1)
    this.frames = Math.ceil(options.frames ?? FRAMES)
  }

  /** The caller's pointer of what the heap below calls `inner`. */
  outer(inner: Pointer): Pointer {
    return (inner + (this.hasFronts ? (this.fronts.get(inner) ?? 1) : 1)) as Pointer
  }

  /** What the heap below calls the block of an entry. */
  inner(entry: number): Pointer {
    return (this.entries.pointer(entry) - this.entries.front(entry)) as Pointer
  }

  /**
   * Makes a block of memory that the heap below gave.
   * @param front - granules in front
   * @param end - words from the block's first to the end of that memory
   */
  open(inner: Pointer, front: number, byteLength: number, end: number): number {
    const pointer = (inner + front) as Pointer
    const entry = this.enter(pointer, front, byteLength, end)
    if (front !== 1) {
      this.fronts.set(inner, front)
      this.hasFronts = true
    }
    arm(wordsOf(this.parts, pointer), wordAt(pointer), entry, byteLength, end)
    return entry
  }

  /** Makes a block of a small one that the heap below gave, and fills it. */
  openSmall(inner: Pointer, byteLength: number, end: number): Pointer {
    const pointer = (inner + 1) as Pointer
    const entry = this.enter(pointer, 1, byteLength, end)
    if (isNearBlock(pointer)) openNear(pointer, entry, byteLength, end)
    else {
      arm(wordsOf(this.parts, pointer), wordAt(pointer), entry, byteLength, end)
      this.fillFresh(entry, 0)
    }
    return pointer
  }

  private enter(pointer: Pointer, front: number, byteLength: number, end: number): number {
    const entry = this.entries.open(pointer, front, byteLength, end)
    if (this.untilStack !== 0 && --this.untilStack === 0) this.noteStack(entry)
    return entry
  }

  private noteStack(entry: number): void {
    this.untilStack = this.every
    this.entries.trace(entry, noteCalls(this.frames))
  }

  /** Fills what a block gets beyond its first `from` bytes. */
  fillFresh(entry: number, from: number): void {
    const { entries, parts } = this
    const pointer = entries.pointer(entry)
    const size = entries.size(entry)
    const at = wordAt(pointer)
    const whole = (from + 7) & ~7
    if (from < whole) {
      const { bytes, at: start } = bytesOf(parts, pointer)
      bytes.fill(FRESH_BYTE, start + from, start + Math.min(whole, size))
    }
    fillFresh(doublesOf(parts, pointer), (at * 4 + whole) / 8, Math.ceil((at * 4 + size) / 8))
    if ((size & 7) !== 0) armBack(wordsOf(parts, pointer), at, size, entries.end(entry))
  }

  /** The entry of a live block; 0: the pointer is none's, or the number of the entry in front of the block was overwritten. */
  find(pointer: unknown): number {
    if (typeof pointer !== 'number' || (pointer | 0) !== pointer || pointer <= 0) return 0
    const entry = nearEntry(pointer) || this.farEntry(pointer as Pointer)
    const row = entry << ROW_SHIFT
    // Not the number that was read: its upper bits, which the shift loses, may be overwritten, and then differ from the entry's.
    if (this.entries.rows[row | POINTER] === pointer) return row >>> ROW_SHIFT
    return this.isMoving(pointer) ? this.moving : 0
  }

  /** Whether an access lies in a near live block; false: nobody knows yet. */
  reaches(pointer: Pointer, byteOffset: number, byteLength: number): boolean {
    if (typeof pointer !== 'number' || (pointer | 0) !== pointer) return false
    if (typeof byteOffset !== 'number' || (byteOffset | 0) !== byteOffset) return false
    const { rows } = this.entries
    const row = nearEntry(pointer) << ROW_SHIFT
    // The row of entry 0 has no block: what stands in it may be equal to any number.
    if (row === 0 || rows[row | POINTER] !== pointer) return false
    const size = ((rows[row | END] as number) << 2) - (rows[row | REST] as number)
    return byteOffset >= 0 && byteOffset <= size - byteLength
  }

  /** Whether the oldest block has to leave the quarantine. */
  get isFull(): boolean {
    return this.entries.heldBytes > this.quarantineBytes
  }

  /** Whether some block may have to stay where it is: it is pinned, or being moved. */
  get mayHold(): boolean {
    return this.parts.moving !== 0 || this.hasPins
  }

  private farEntry(pointer: Pointer): number {
    return wordsOf(this.parts, pointer)[wordAt(pointer) - 4] ?? 0
  }

  /** Whether compact is telling of the move of the block at a pointer, which can still be read. */
  isMoving(pointer: unknown): boolean {
    return this.parts.moving !== 0 && pointer === this.from
  }

  /** Whether nobody wrote into the guards of a block, or into one that is held back. */
  isWhole(entry: number): boolean {
    const { entries, parts } = this
    const pointer = entries.pointer(entry)
    const words = wordsOf(parts, pointer)
    const at = wordAt(pointer)
    const end = entries.end(entry)
    if (entries.state(entry) === LIVE) return isIntact(words, at, entry, entries.size(entry), end)
    return isFrontIntact(words, at, entry) && isStillFreed(doublesOf(parts, pointer), at / 2, entries.size(entry), end)
  }

  /** Writes the guards of a block anew, and the contents of one that is held back. */
  mend(entry: number): void {
    const { entries, parts } = this
    const pointer = entries.pointer(entry)
    arm(wordsOf(parts, pointer), wordAt(pointer), entry, entries.size(entry), entries.end(entry))
    if (entries.state(entry) !== LIVE) this.fillFreed(entry)
  }

  private fillFreed(entry: number): void {
    const pointer = this.entries.pointer(entry)
    const at = wordAt(pointer) / 2
    fillFreed(doublesOf(this.parts, pointer), at, this.entries.size(entry))
  }

  /** Frees a live block. Returns false where its guards are not whole, and leaves it alone. */
  free(entry: number): boolean {
    const { entries } = this
    if (!this.isWhole(entry)) return false
    this.fillFreed(entry)
    if (entries.isTraced(entry)) entries.freed[entry] = noteCalls(this.frames)
    entries.hold(entry, entries.bytes(entry))
    if (entries.heldBytes > this.mostHeld) this.release(this.quarantineBytes)
    return true
  }

  /** Lets freed blocks go until no more than so many bytes are held back. Returns whether there were any. */
  release(byteLength: number): boolean {
    const { entries } = this
    const had = entries.oldest !== 0
    while (entries.heldBytes > byteLength && entries.oldest !== 0) this.letGo(entries.oldest)
    return had
  }

  private letGo(entry: number): void {
    const { entries } = this
    const { rows } = entries
    const row = entry << ROW_SHIFT
    const pointer = ~(rows[row | POINTER] as number) as Pointer
    const flags = rows[row | FLAGS] as number
    const front = frontOf(flags)
    if (isNearBlock(pointer)) {
      const end = rows[row | END] as number
      if (!isClosedNear(pointer, entry, (end << 2) - (rows[row | REST] as number), end)) this.warn(entry)
      entries.letGo(flags, (end << 2) + (front << GRANULE_SHIFT))
    } else {
      if (!this.isWhole(entry)) this.warn(entry)
      entries.letGo(flags, entries.bytes(entry))
    }
    if (isHeldPlace(flags)) {
      this.moves.delete(pointer)
      this.hasMoves = this.moves.size > 0
      entries.dropPointer(entry)
    }
    const inner = (pointer - front) as Pointer
    if (this.hasFronts) {
      this.fronts.delete(inner)
      this.hasFronts = this.fronts.size > 0
    }
    this.freeInner(inner)
  }

  /** Whether a place is one that a block was moved away from. If so it is held back: who missed the move is to be told of it. */
  holdMoved(inner: Pointer, end: number): boolean {
    const move = this.moves.get((inner + 1) as Pointer)
    if (move === undefined) return false
    const { entries } = this
    const entry = this.open(inner, 1, 0, end)
    this.fillFreed(entry)
    const allocated = entries.allocated[move.entry]
    if (allocated !== undefined) entries.trace(entry, allocated)
    entries.freed[entry] = move.trace
    entries.hold(entry, entries.bytes(entry))
    entries.markHeld(entry)
    this.release(this.quarantineBytes)
    return true
  }

  /** The heap below has moved a block. */
  move(innerFrom: Pointer, innerTo: Pointer): void {
    const { entries, moves, fronts } = this
    const front = fronts.get(innerFrom) ?? 1
    const from = (innerFrom + front) as Pointer
    const to = (innerTo + front) as Pointer
    const entry = this.find(from) || entries.search(from)
    this.from = from
    this.to = to
    this.moving = entry
    if (fronts.delete(innerFrom)) fronts.set(innerTo, front)
    moves.delete(to)
    if (moves.size >= MOVES_MAX) moves.delete(moves.keys().next().value as Pointer)
    const trace = entries.isTraced(entry) ? noteCalls(this.frames) : undefined
    this.hasMoves = true
    moves.set(from, { entry, serial: entries.serialOf(entry), trace })
    entries.setPointer(entry, to)
  }

  /** Tells moves by the pointers that the caller knows. */
  translate(told: (from: Pointer, to: Pointer) => void): (from: Pointer, to: Pointer) => void {
    return () => told(this.from, this.to)
  }

  /** The first word of a block, for those who look whose it is. */
  firstWord(pointer: Pointer): number {
    return wordsOf(this.parts, pointer)[wordAt(pointer)] as number
  }

  /** What is known of the block of an entry. */
  reportOf(entry: number): BlockReport {
    const { entries } = this
    return {
      pointer: entries.pointer(entry),
      byteLength: entries.size(entry),
      serial: entries.serialOf(entry),
      allocated: this.lines(entries.isTraced(entry) ? entries.allocated[entry] : undefined),
      freed: entries.state(entry) === LIVE ? undefined : this.lines(entries.freed[entry]),
    }
  }

  /** Lines of a stack; none where it was not kept. */
  lines(trace: Trace | undefined): readonly string[] {
    return trace === undefined ? [] : linesOf(trace, this.frames)
  }

  /** The end of a message about a live block. */
  describe(pointer: Pointer): string {
    const entry = this.find(pointer)
    return entry === 0 ? '' : storyOf(this.reportOf(entry))
  }

  /** The heap has closed. */
  close(): void {
    this.entries.clear()
    this.moves.clear()
    this.fronts.clear()
    this.hasMoves = this.hasFronts = false
  }
}
