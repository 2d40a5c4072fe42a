/** What the two sides say: the child in lines of JSON, on its standard output. */

/** With what a cache is filled. */
export const VALUE_BYTES = 4000
/** Entries for each turn of the event loop: a MiB. */
export const TURN_ENTRIES = 256

/** A pressure that the child was told of, with what its cache did. Bytes. */
export interface Told {
  readonly level: string
  readonly bytes: number | undefined
  readonly limit: number | undefined
  readonly cacheBefore: number
  readonly cacheAfter: number
}

/** The end of a child that lived. */
export interface Lived {
  readonly sources: readonly string[]
  readonly put: number
  readonly ms: number
  readonly cache: number
  readonly told: readonly Told[]
}
