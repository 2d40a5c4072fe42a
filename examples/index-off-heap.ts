/**
 * An off-heap index: a hash table from words to where they occur, with nothing but blocks in it: buckets, entries chained by `ref`
 * fields, strings. When most of it is deleted, compact() moves what is left together and the pointers in the records follow.
 *
 *     node build/js/examples/index-off-heap.js [words]
 */
import { Heap, type Pointer, record, ref, u32 } from 'ebb'

const heap = new Heap({ name: 'index', decay: 0 })
const entry = record(heap, { hash: u32, count: u32, word: ref, next: ref })
const bucket = record(heap, { head: ref })
const { hash, count, word, next } = entry.fields
const { head } = bucket.fields

/** FNV-1a. */
function hashOf(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

class WordIndex {
  size = 0
  private buckets: Pointer
  private readonly mask: number

  constructor(bucketsLog2: number) {
    this.mask = 2 ** bucketsLog2 - 1
    this.buckets = bucket.allocArray(this.mask + 1)
    // Chains begin here and go on in the entries: both hold pointers that have to follow moves.
    bucket.follow(this.buckets, this.mask + 1)
    heap.onMoved((from, to) => {
      if (from === this.buckets) this.buckets = to
    })
  }

  add(text: string): void {
    const found = this.find(text)
    if (found !== 0) {
      count.set(found, count.get(found) + 1)
      return
    }
    const code = hashOf(text)
    const slot = code & this.mask
    const made = entry.fromObject({
      hash: code,
      count: 1,
      word: heap.allocString(text),
      next: head.get(this.buckets, slot),
    })
    head.set(this.buckets, entry.follow(made), slot)
    this.size++
  }

  count(text: string): number {
    const found = this.find(text)
    return found === 0 ? 0 : count.get(found)
  }

  delete(text: string): boolean {
    const code = hashOf(text)
    const slot = code & this.mask
    let before: Pointer | 0 = 0
    for (let at = head.get(this.buckets, slot); at !== 0; before = at, at = next.get(at)) {
      if (!this.isEntryOf(at, code, text)) continue
      if (before === 0) head.set(this.buckets, next.get(at), slot)
      else next.set(before, next.get(at))
      const string = word.get(at)
      if (string !== 0) heap.free(string)
      entry.free(at)
      this.size--
      return true
    }
    return false
  }

  private find(text: string): Pointer | 0 {
    const code = hashOf(text)
    let at = head.get(this.buckets, code & this.mask)
    while (at !== 0 && !this.isEntryOf(at, code, text)) at = next.get(at)
    return at
  }

  private isEntryOf(at: Pointer, code: number, text: string): boolean {
    if (hash.get(at) !== code) return false
    const string = word.get(at)
    return string !== 0 && heap.readString(string) === text
  }
}

const words = Number(process.argv[2] ?? 50_000)
const KEEP = 50
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const index = new WordIndex(14)
for (let i = 0; i < words * 2; i++) index.add(`word-${i % words}`)
console.log(
  `${index.size} words, word-7 counted ${index.count('word-7')} times: ${mebibytes(heap.stats().mappedBytes)}`,
)

for (let i = 0; i < words; i++) if (i % KEEP !== 7) index.delete(`word-${i}`)
heap.purge()
console.log(`${index.size} words left: ${mebibytes(heap.stats().mappedBytes)}`)

const { moved } = heap.compact(() => {})
console.log(`${moved > 0 ? 'compact moved blocks' : 'nothing to move'}: ${mebibytes(heap.stats().mappedBytes)}`)

for (let i = 0; i < words; i++) {
  const expected = i % KEEP === 7 ? 2 : 0
  if (index.count(`word-${i}`) !== expected) throw new Error(`word-${i} is counted ${index.count(`word-${i}`)} times`)
}
console.log('every word is where it was')
heap.close()
