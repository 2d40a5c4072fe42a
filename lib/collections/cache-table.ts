/**
 * The table of a cache: entries that stand in queues.
 *
 *     entry   | owner, head | hash | uses : 3, queue : 1 | newer | older | expiry (2, where there is a ttl) | key | value |
 *
 * Queues are linked both ways through the entries, so that one can be taken out of the middle, or get another block, without a search.
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Codec } from './codec'
import { EntryDict } from './entry-dict'
import type { PackedKey } from './keys'
import { getDouble, getWord, setDouble, setWord, usableOf } from './words'

const HASH = 1
const USES = 2
const NEWER = 3
const OLDER = 4
/** An even word. */
const EXPIRY = 6
/** Uses that are counted. */
export const USES_MAX = 7
/** Words before the key: without, and with an expiry. */
const EXTRA = 4
const EXTRA_WITH_EXPIRY = 7

/** A queue of entries: in at the newest, out at the oldest. */
export class Queue {
  newest: Pointer | 0 = 0
  oldest: Pointer | 0 = 0
  count = 0
  /** Usable bytes of its entries. */
  bytes = 0
  /** The bit of an entry's uses that says it is in here. */
  readonly bit: number

  constructor(bit: number) {
    this.bit = bit
  }

  clear(): void {
    this.newest = 0
    this.oldest = 0
    this.count = 0
    this.bytes = 0
  }
}

export class CacheTable<K, V> extends EntryDict<K, V> {
  /** Where new entries go. */
  readonly small = new Queue(0)
  /** Where those go that were asked for again. */
  readonly main = new Queue(USES_MAX + 1)
  readonly hasExpiry: boolean
  /** The entry that a loop over a queue comes to next: kept right where that has moved. */
  next: Pointer | 0 = 0

  constructor(heap: Heap, keys: PackedKey<K>, codec: Codec<V>, hasExpiry: boolean) {
    super(heap, keys, codec, hasExpiry ? EXTRA_WITH_EXPIRY : EXTRA)
    this.hasExpiry = hasExpiry
  }

  /** The entry of a key, or 0. */
  lookUp(key: K): Pointer | 0 {
    return this.find(this.packing.pack(key))
  }

  /** Packs a key. Returns its hash. */
  pack(key: K): number {
    return this.packing.pack(key)
  }

  /** The entry of the key that was packed last, or 0. */
  lookUpHash(hash: number): Pointer | 0 {
    return this.find(hash)
  }

  /** Words of a value. @throws TypeError, RangeError for what is no value of the kind */
  prepare(value: V): number {
    return this.codec.prepare(value)
  }

  /** Makes an entry of the key that was packed last, in no queue yet. */
  add(hash: number, value: V, words: number): Pointer {
    const entry = this.insertEntry(hash, value, words)
    setWord(this.heap, entry, HASH, hash)
    return entry
  }

  /** Puts another value into an entry that was looked up last. Returns where it is now. */
  replace(entry: Pointer, value: V, words: number): Pointer {
    const queue = this.queueOf(entry)
    const before = this.usable(entry)
    const fresh = this.update(entry, value, words)
    queue.bytes += this.usable(fresh) - before
    if (fresh !== entry) this.mend(fresh, queue)
    return fresh
  }

  /** @internal */
  protected override hashIn(pointer: Pointer): number {
    return getWord(this.heap, pointer, HASH)
  }

  /** @internal */
  protected override followEntry(pointer: Pointer, to: Pointer): boolean {
    if (!super.followEntry(pointer, to)) return false
    if (to === pointer) return true
    this.mend(to, this.queueOf(to))
    if (this.next === pointer) this.next = to
    return true
  }

  /** Its neighbours in the queue learn where an entry is now. */
  mend(entry: Pointer, queue: Queue): void {
    const newer = getWord(this.heap, entry, NEWER)
    const older = getWord(this.heap, entry, OLDER)
    if (newer === 0) queue.newest = entry
    else setWord(this.heap, newer, OLDER, entry)
    if (older === 0) queue.oldest = entry
    else setWord(this.heap, older, NEWER, entry)
  }

  /** Takes an entry out of its queue and of the table, and frees it. Returns its usable bytes. */
  remove(entry: Pointer): number {
    const hash = this.hash(entry)
    const byteLength = this.entryBytes(entry)
    const usable = usableOf(this.heap, entry, byteLength)
    this.leave(entry, usable)
    this.unlinkAt(hash, entry)
    this.put(entry, byteLength)
    return usable
  }

  queueOf(entry: Pointer): Queue {
    return (getWord(this.heap, entry, USES) & this.main.bit) === 0 ? this.small : this.main
  }

  /** Puts an entry that is in no queue in as the newest, with so many uses. */
  enter(queue: Queue, entry: Pointer, uses: number): void {
    this.join(queue, entry, this.usable(entry), uses)
  }

  private join(queue: Queue, entry: Pointer, usable: number, uses: number): void {
    setWord(this.heap, entry, USES, queue.bit | uses)
    this.linkAsNewest(queue, entry, queue.newest)
    queue.count++
    queue.bytes += usable
  }

  private linkAsNewest(queue: Queue, entry: Pointer, newest: Pointer | 0): void {
    setWord(this.heap, entry, NEWER, 0)
    setWord(this.heap, entry, OLDER, newest)
    if (newest === 0) queue.oldest = entry
    else setWord(this.heap, newest, NEWER, entry)
    queue.newest = entry
  }

  /** Takes an entry of so many usable bytes out of its queue. */
  private leave(entry: Pointer, usable: number): void {
    const queue = this.queueOf(entry)
    this.unhook(queue, entry)
    queue.count--
    queue.bytes -= usable
  }

  /** Puts an entry of either queue into another as the newest, with so many uses. */
  reenter(queue: Queue, entry: Pointer, uses: number): void {
    const usable = this.usable(entry)
    this.leave(entry, usable)
    this.join(queue, entry, usable, uses)
  }

  private unhook(queue: Queue, entry: Pointer): void {
    const { heap } = this
    const newer = getWord(heap, entry, NEWER) as Pointer | 0
    const older = getWord(heap, entry, OLDER) as Pointer | 0
    if (newer === 0) queue.newest = older
    else setWord(heap, newer, OLDER, older)
    if (older === 0) queue.oldest = newer
    else setWord(heap, older, NEWER, newer)
  }

  /** Makes an entry the newest of its queue. */
  renew(entry: Pointer): void {
    const queue = this.queueOf(entry)
    if (queue.newest === entry) return
    this.unhook(queue, entry)
    this.linkAsNewest(queue, entry, queue.newest)
  }

  /** Counts a use, up to seven. */
  use(entry: Pointer): void {
    const uses = getWord(this.heap, entry, USES)
    if ((uses & USES_MAX) < USES_MAX) setWord(this.heap, entry, USES, uses + 1)
  }

  uses(entry: Pointer): number {
    return getWord(this.heap, entry, USES) & USES_MAX
  }

  hash(entry: Pointer): number {
    return getWord(this.heap, entry, HASH)
  }

  newer(entry: Pointer): Pointer | 0 {
    return getWord(this.heap, entry, NEWER) as Pointer | 0
  }

  /** When an entry expires, on the heap's clock; Infinity where the cache has no ttl. */
  expiry(entry: Pointer): number {
    return this.hasExpiry ? getDouble(this.heap, entry, EXPIRY) : Infinity
  }

  setExpiry(entry: Pointer, time: number): void {
    if (this.hasExpiry) setDouble(this.heap, entry, EXPIRY, time)
  }

  key(entry: Pointer): K {
    return this.keyOf(entry)
  }

  value(entry: Pointer): V {
    return this.valueIn(entry)
  }

  /** Copies the bytes of an entry's value. @throws TypeError where values are no bytes, RangeError where they do not fit */
  copyInto(entry: Pointer, target: Uint8Array): number {
    return this.valueInto(entry, target)
  }

  /** Usable bytes of an entry. */
  usable(entry: Pointer): number {
    return usableOf(this.heap, entry, this.entryBytes(entry))
  }

  /** Bytes that an entry of the key packed last is allocated with. */
  bytesFor(words: number): number {
    return this.newBytes(words)
  }
}
