/**
 * A region: a piece of address space whose pages can be given back one by one. It is the only thing that the operating system gives.
 *
 * Offsets and lengths are bytes. Where it says pages, they are whole OS pages. What the OS refuses is thrown as an Error with `code`,
 * `errno` and `syscall`.
 */
export interface Region {
  /** The memory. User code gets parts of it, never the whole. Views need an explicit length: others are many times slower. */
  readonly buffer: ArrayBufferLike
  readonly byteLength: number
  /** Bytes of a page of the kernel. */
  readonly osPageSize: number
  /** Makes pages resident in one call, ahead of the first touch of each. False: the OS cannot, or refused; nobody needs to care. */
  populate(byteOffset: number, byteLength: number): boolean
  /** Gives the memory of pages back now. They stay mapped and read zero. */
  discard(byteOffset: number, byteLength: number): void
  /** The same for pages that `move` has brought here. Pages from elsewhere are a mapping of their own to the kernel, which has a limit. */
  renew(byteOffset: number, byteLength: number): void
  /** Gives the memory of all pages back: the region has no part and will not be used again. Its addresses follow when it is collected. */
  drop(): void
  /**
   * An ArrayBuffer over pages behind the first one, for user code. The word at byte offset `hold` of the region `holder` counts it until
   * nobody can reach its memory any more, on whatever thread; both regions stay mapped for as long.
   */
  part(byteOffset: number, byteLength: number, holder: Region, hold: number): ArrayBuffer
  /** Moves pages to a longer range, of this region or another. Those they leave read zero. False: not possible, and nothing has changed. */
  move(from: number, byteLength: number, target: Region, to: number, toByteLength: number): boolean
  /** Fills bytes with zeros. Faster than V8's own `fill` on shared memory from some hundred bytes on. */
  clear(byteOffset: number, byteLength: number): void
  /** Copies bytes to this region or another; they may overlap. */
  copy(from: number, byteLength: number, target: Region, to: number): void
  /** Copies all of an array to a place of this region; they may overlap. Faster than `set` from some hundred bytes on. */
  copyIn(to: number, bytes: Uint8Array): void
  /** Fills an array with the bytes at a place of this region; they may overlap. */
  copyOut(from: number, bytes: Uint8Array): void
  /** Writes a text as UTF-8 into an array of 3 bytes for each of its UTF-16 units. Returns how many, or -1 for a lone surrogate. */
  encode(text: string, bytes: Uint8Array): number
  /** The text that bytes are in UTF-8; undefined where they are none. Three times as fast as V8's own decoder. */
  decode(byteOffset: number, byteLength: number): string | undefined
  /** One byte for each of the pages: 1 resident, 0 not. */
  residentPages(byteOffset: number, byteLength: number): Uint8Array
}

/** The seam between the books and the operating system. Everything above it is arithmetic on buffers, everything below a system call. */
export interface OsPages {
  /** Bytes of one page of the kernel. */
  readonly osPageSize: number
  /** Bytes of the longest region that this runtime can show. */
  readonly maxByteLength: number
  /** False: discarding succeeds and does nothing, as in emulators and some sandboxes. */
  readonly discardsWork: boolean
  /** Reserves address space of whole OS pages that reads zero. Memory comes with the first touch. */
  reserve(byteLength: number): Region
}
