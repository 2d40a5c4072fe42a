/** What native/addon.cc exports. Every function checks its arguments and throws TypeError or RangeError. */

/** The addon's object of a region, which it keeps: the functions take its `id`. */
export interface NativeRegion {
  readonly id: number
  /** Its memory. */
  readonly buffer: ArrayBufferLike
}

/** Counts of the whole process, over all its threads. */
export interface MappingCounts {
  /** Regions made so far. */
  readonly maps: number
  /** Regions given back to the OS so far. */
  readonly unmaps: number
  /** Address space held now, in bytes. */
  readonly mappedBytes: number
}

/** Offsets and lengths are bytes; those of pages are whole OS pages. */
export interface NativeAddon {
  readonly osPageSize: number
  /** Whether this runtime makes SharedArrayBuffers over mapped pages. */
  readonly sharesPages: boolean
  /** False: discarding succeeds and does nothing, as in emulators and some sandboxes. */
  readonly discardsWork: boolean
  /** Maps pages under a SharedArrayBuffer, or under an ArrayBuffer. They are unmapped when that, the object and all parts are gone. */
  reserve(byteLength: number, isShared: boolean): NativeRegion
  /** Throws what the system says where it would not let the engine map as much now. */
  probe(byteLength: number): void
  /** Takes the pages of a SharedArrayBuffer of the engine's, given a view over all of it. */
  adopt(view: Uint8Array): NativeRegion
  /**
   * Another ArrayBuffer over pages of a region, which it keeps. The word at byte offset `hold` of the region `holder` is one larger until
   * the buffer's memory is collected, under whatever ArrayBuffer it is by then.
   */
  part(region: number, byteOffset: number, byteLength: number, holder: number, hold: number): ArrayBuffer
  /** Makes pages resident in one call. False: this OS cannot, or refused; some may be resident then. */
  populate(region: number, byteOffset: number, byteLength: number): boolean
  /** Gives the memory of pages back; they read zero then. */
  discard(region: number, byteOffset: number, byteLength: number): void
  /** The same for pages that `move` has brought: they become one mapping with their neighbours again. */
  renew(region: number, byteOffset: number, byteLength: number): void
  /** Gives the memory of a whole region back that nobody reads or writes any more. */
  drop(region: number): void
  /** Moves pages to the start of a longer range; those they leave read zero. False: this OS cannot, and nothing has changed. */
  move(region: number, from: number, byteLength: number, target: number, to: number, toByteLength: number): boolean
  clear(region: number, byteOffset: number, byteLength: number): void
  copy(region: number, from: number, byteLength: number, target: number, to: number): void
  /** Copies all of an array into a region. */
  copyIn(region: number, to: number, bytes: Uint8Array): void
  /** Fills an array with bytes of a region. */
  copyOut(region: number, from: number, bytes: Uint8Array): void
  /** Writes a text as UTF-8 into an array of 3 bytes for each of its units. Returns how many, or -1 for a lone surrogate. */
  encode(text: string, bytes: Uint8Array): number
  /** The text that bytes are in UTF-8; undefined where they are none, or where there is no memory to make it in. */
  decode(region: number, byteOffset: number, byteLength: number): string | undefined
  /** One byte for each OS page: 1 resident, 0 not. */
  residentPages(region: number, byteOffset: number, byteLength: number): Uint8Array
  mappings(): MappingCounts
  /**
   * Calls back whenever a file descriptor has something to tell, without keeping the process alive. Returns what ends it, to be called
   * before the descriptor is closed; undefined where there is no event loop of libuv (Deno), or no Linux. Never to be called in Bun.
   * @param isPriority - it tells by POLLPRI and is not read; false: what it holds is read and dropped
   */
  poll(fd: number, isPriority: boolean, callback: () => void): (() => void) | undefined
  /** The same for an eventfd of its own, whose number others write to. */
  signal(callback: () => void): { readonly fd: number; close(): void } | undefined
}
