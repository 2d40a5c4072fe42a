/** Freed blocks that wait before their memory serves others, first in, first out. */
export class Quarantine {
  /** Bytes of all of them, guards included. */
  bytes = 0
  /** How many there are. */
  size = 0
  private ring = new Int32Array(64)
  private first = 0

  /** @param entry - number of the block's entry */
  push(entry: number, byteLength: number): void {
    if (this.size === this.ring.length) this.grow()
    this.ring[(this.first + this.size) & (this.ring.length - 1)] = entry
    this.size++
    this.bytes += byteLength
  }

  /** The entry of the block that waits longest; there must be one. */
  get oldest(): number {
    return this.ring[this.first] as number
  }

  /** Takes the oldest out. */
  shift(byteLength: number): void {
    this.first = (this.first + 1) & (this.ring.length - 1)
    this.size--
    this.bytes -= byteLength
  }

  clear(): void {
    this.bytes = this.size = 0
  }

  private grow(): void {
    const { ring, first, size } = this
    this.ring = new Int32Array(ring.length * 2)
    for (let i = 0; i < size; i++) this.ring[i] = ring[(first + i) & (ring.length - 1)] as number
    this.first = 0
  }
}
