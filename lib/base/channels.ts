/**
 * What happens to heaps, on channels of `node:diagnostics_channel`. docs/stats.md has the messages.
 *
 * Things happen in the middle of calls, when books are half written, and a subscriber may call anything of a heap. So a message is kept
 * until the running code has ended, and published from a microtask: then no call of a heap or a collection is under way. What a subscriber
 * throws goes where Node sends it, to `uncaughtException`, and to no caller of a heap.
 */
import { type Channel, channel } from 'node:diagnostics_channel'

/** Messages that wait at most: what happens beyond them in one go is not published. */
const WAITING_MAX = 10_000

/** Which heap a message is about. */
export interface HeapTag {
  /** Its name, `''` where it has none. */
  readonly heap: string
  /** Its `id`, equal to no other's. */
  readonly id: symbol
}

/** `ebb:arena:open`: an arena was opened, 256 KiB. */
export interface ArenaOpenMessage extends HeapTag {
  /** Arenas, and bytes mapped, now. */
  readonly arenas: number
  readonly mappedBytes: number
}

/** `ebb:discard`: memory whose decay is over went back to the system, one slice of it. */
export interface DiscardMessage extends HeapTag {
  readonly bytes: number
}

/** `ebb:purge`: all that was free went back. */
export interface PurgeMessage extends HeapTag {
  readonly bytes: number
  /** `purge()` was called, or a request would have been refused without. */
  readonly cause: 'call' | 'refusal'
}

/** `ebb:compact`: a compaction ended. */
export interface CompactMessage extends HeapTag {
  /** Blocks moved. */
  readonly moved: number
  /** Bytes given back; 0 of an idle one, whose memory goes back when the decay is over. */
  readonly bytes: number
  /** False where its budget ended it. */
  readonly done: boolean
  /** `compact()` was called, or the event loop idled. */
  readonly cause: 'call' | 'idle'
}

/** `ebb:limit`: a request was refused, because it would have passed the heap's `limit`. */
export interface LimitMessage extends HeapTag {
  readonly limit: number
  readonly mappedBytes: number
  readonly wantedBytes: number
}

/** `ebb:pressure`: memory is short, and those who asked for it were told (`ebb/pressure`). */
export interface PressureMessage {
  /** `'warning'`, or `'critical'`: the limit was reached. */
  readonly level: 'warning' | 'critical'
  /** Who told. */
  readonly source: string
  /** Bytes in use that the kernel cannot take back by itself, and that there may be; undefined where they are not known. */
  readonly bytes: number | undefined
  readonly limit: number | undefined
  /** Bytes that the heaps of the thread then gave back. */
  readonly purgedBytes: number
}

const waiting: { readonly channel: Channel; readonly message: object }[] = []

type Listener = (message: unknown) => void

/** A channel with messages of one type. */
export class HeapChannel<T extends object> {
  readonly #channel: Channel

  constructor(name: `ebb:${string}`) {
    this.#channel = channel(name)
  }

  /** Whether somebody listens. Ask before a message is made. */
  get isHeard(): boolean {
    return this.#channel.hasSubscribers
  }

  /** For listeners inside of ebb. Theirs is to be the same function in both calls. */
  subscribe(listener: (message: T) => void): void {
    this.#channel.subscribe(listener as Listener)
  }

  unsubscribe(listener: (message: T) => void): void {
    this.#channel.unsubscribe(listener as Listener)
  }

  /** Publishes a message when the running code has ended. Never throws. */
  tell(message: T): void {
    try {
      if (waiting.length === 0) queueMicrotask(publish)
      if (waiting.length < WAITING_MAX) waiting.push({ channel: this.#channel, message })
    } catch {
      // The stack is at its end: the call goes on, without the message.
    }
  }
}

function publish(): void {
  let failure: { readonly error: unknown } | undefined
  for (const { channel, message } of waiting.splice(0)) {
    try {
      channel.publish(message)
    } catch (error) {
      failure ??= { error } // of a runtime that does not catch it itself
    }
  }
  if (failure !== undefined) throw failure.error
}

export const arenaOpenChannel = new HeapChannel<ArenaOpenMessage>('ebb:arena:open')
export const discardChannel = new HeapChannel<DiscardMessage>('ebb:discard')
export const purgeChannel = new HeapChannel<PurgeMessage>('ebb:purge')
export const compactChannel = new HeapChannel<CompactMessage>('ebb:compact')
export const limitChannel = new HeapChannel<LimitMessage>('ebb:limit')
export const pressureChannel = new HeapChannel<PressureMessage>('ebb:pressure')
