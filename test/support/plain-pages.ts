import type { OsPages, Region } from '../../lib/os/region'

/** OS pages in plain memory, for a space of a test's own: what is asked of them is written down, nothing is collected by itself. */
export class PlainPages implements OsPages {
  readonly osPageSize: number
  readonly maxByteLength: number = 2 ** 33
  readonly discardsWork = true
  /** Those reserved so far. */
  readonly regions: PlainRegion[] = []
  /** Whether pages can be moved. */
  canMove = true
  /** No region longer than this can be had. */
  longest = Infinity
  /** Whether every discard is refused. */
  refusesDiscards = false

  constructor(osPageSize = 4096) {
    this.osPageSize = osPageSize
  }

  reserve(byteLength: number): PlainRegion {
    if (byteLength > this.longest) throw new Error(`refused ${byteLength}`)
    const region = new PlainRegion(this, byteLength)
    this.regions.push(region)
    return region
  }
}

type Range = [byteOffset: number, byteLength: number]

export class PlainRegion implements Region {
  readonly byteLength: number
  readonly osPageSize: number
  readonly discards: Range[] = []
  readonly renewals: Range[] = []
  readonly moves: number[][] = []
  readonly copies: number[][] = []
  isDropped = false
  /** Words that count the parts made so far. */
  readonly #parts: { readonly holder: Region; readonly hold: number }[] = []
  readonly #pages: PlainPages
  #buffer: ArrayBuffer | undefined

  constructor(pages: PlainPages, byteLength: number) {
    this.#pages = pages
    this.byteLength = byteLength
    this.osPageSize = pages.osPageSize
  }

  /** Most regions are never looked at. */
  get buffer(): ArrayBuffer {
    this.#buffer ??= new ArrayBuffer(this.byteLength)
    return this.#buffer
  }

  populate(): boolean {
    return false
  }

  discard(byteOffset: number, byteLength: number): void {
    if (this.#pages.refusesDiscards) throw new Error('refused')
    this.#empty(byteOffset, byteLength)
    this.discards.push([byteOffset, byteLength])
  }

  renew(byteOffset: number, byteLength: number): void {
    this.#empty(byteOffset, byteLength)
    this.renewals.push([byteOffset, byteLength])
  }

  drop(): void {
    this.isDropped = true
  }

  part(byteOffset: number, byteLength: number, holder: Region, hold: number): ArrayBuffer {
    this.#check(byteOffset, byteLength)
    this.#parts.push({ holder, hold })
    new Int32Array(holder.buffer, hold, 1)[0]!++
    return this.buffer.slice(byteOffset, byteOffset + byteLength)
  }

  /** As if the ArrayBuffer that was made first were collected. */
  collectPart(): void {
    const { holder, hold } = this.#parts.shift()!
    new Int32Array(holder.buffer, hold, 1)[0]!--
  }

  move(from: number, byteLength: number, target: Region, to: number, toByteLength: number): boolean {
    this.#check(from, byteLength)
    this.#check(to, toByteLength)
    this.moves.push([from, byteLength, to, toByteLength])
    if (!this.#pages.canMove) return false
    this.copy(from, byteLength, target, to)
    this.clear(from, byteLength)
    return true
  }

  clear(byteOffset: number, byteLength: number): void {
    new Uint8Array(this.buffer, byteOffset, byteLength).fill(0)
  }

  copyIn(to: number, bytes: Uint8Array): void {
    new Uint8Array(this.buffer).set(bytes, to)
  }

  copyOut(from: number, bytes: Uint8Array): void {
    bytes.set(new Uint8Array(this.buffer, from, bytes.length))
  }

  encode(text: string, bytes: Uint8Array): number {
    return new TextEncoder().encodeInto(text, bytes).written
  }

  decode(byteOffset: number, byteLength: number): string {
    return new TextDecoder().decode(new Uint8Array(this.buffer, byteOffset, byteLength))
  }

  copy(from: number, byteLength: number, target: Region, to: number): void {
    this.copies.push([from, byteLength, to])
    new Uint8Array(target.buffer, to, byteLength).set(new Uint8Array(this.buffer, from, byteLength))
  }

  residentPages(): never {
    throw new Error('plain memory has no pages')
  }

  #empty(byteOffset: number, byteLength: number): void {
    this.#check(byteOffset, byteLength)
    if (this.#buffer !== undefined) this.clear(byteOffset, byteLength)
  }

  #check(byteOffset: number, byteLength: number): void {
    const isWhole = byteOffset % this.osPageSize === 0 && byteLength % this.osPageSize === 0
    if (!isWhole || byteLength <= 0 || byteOffset < 0 || byteOffset + byteLength > this.byteLength) {
      throw new RangeError(`bytes ${byteOffset} to ${byteOffset + byteLength} are no OS pages of the region`)
    }
  }
}
