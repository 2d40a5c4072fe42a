/**
 * A growing string builder off the JavaScript heap: one block that realloc makes longer, in place where it can. It joins a million
 * lines without a million strings waiting for the garbage collector.
 *
 *     node build/js/examples/string-builder.js [lines]
 */
import { Heap, type Pointer } from 'ebb'

class StringBuilder {
  byteLength = 0
  private readonly heap: Heap
  private block: Pointer
  private capacity: number

  constructor(heap: Heap, capacity = 64) {
    this.heap = heap
    this.block = heap.alloc(capacity)
    this.capacity = heap.usableSize(this.block)
  }

  append(text: string): this {
    const bytes = Buffer.from(text)
    if (this.byteLength + bytes.length > this.capacity) this.grow(this.byteLength + bytes.length)
    this.heap.copyIn(this.block, bytes, this.byteLength)
    this.byteLength += bytes.length
    return this
  }

  /** A view on the text; good until the next append. */
  bytes(): Uint8Array {
    return this.heap.bytes(this.block, this.byteLength)
  }

  toString(): string {
    return this.heap.buffer(this.block, this.byteLength).toString()
  }

  free(): void {
    this.heap.free(this.block)
  }

  private grow(byteLength: number): void {
    this.block = this.heap.realloc(this.block, Math.max(byteLength, this.capacity * 2))
    this.capacity = this.heap.usableSize(this.block)
  }
}

const lines = Number(process.argv[2] ?? 100_000)
const heap = new Heap({ name: 'strings', decay: 0 })
const builder = new StringBuilder(heap)
let expected = 0
for (let i = 0; i < lines; i++) {
  const line = `line ${i}: the tide goes out\n`
  expected += line.length
  builder.append(line)
}
const text = builder.toString()
if (text.length !== expected) throw new Error(`${text.length} characters instead of ${expected}`)
console.log(`${lines} lines, ${builder.byteLength} bytes in one block`)
console.log(`last line: ${text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1)}`)

// One string a block: the length and the encoding are stored with it.
const greeting = heap.allocString('Grüße aus dem Watt')
console.log(`${heap.readString(greeting)} (${heap.stringByteLength(greeting)} bytes)`)
heap.free(greeting)

const held = heap.stats().mappedBytes
builder.free()
heap.purge()
console.log(`mapped: ${held} bytes, after free: ${heap.stats().mappedBytes}`)
heap.close()
