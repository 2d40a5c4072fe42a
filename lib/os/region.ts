/** What a space lies in, and how its pages are given back. */
export interface Region {
  readonly buffer: ArrayBuffer
  /** Bytes of a page of the kernel. */
  readonly osPageSize: number
  /** Gives the memory of whole OS pages back; they read zero then. */
  discard(byteOffset: number, byteLength: number): void
  /** An ArrayBuffer over a range, which the word at `hold` counts until it is gone. Undefined: there are no near arenas. */
  part?(byteOffset: number, byteLength: number, hold: number): ArrayBuffer
  /** Moves the pages of a range to a longer one, where the system can: the range they leave reads zero. False: nothing has changed. */
  move?(from: number, byteLength: number, to: number, toByteLength: number): boolean
  /** Reserves more memory, as sparse as this, whose parts are counted by words of this one. Throws what the system says. */
  reserve?(byteLength: number): Region
}
