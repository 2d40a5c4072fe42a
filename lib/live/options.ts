/** What `serve` is given: read once, and checked before anything starts. */
import { rangeError, show, typeError } from '../base/errors'
import { Heap } from '../heap/heap'
import { isHeap, partsOf } from '../heap/numbers'
import { mustBeOpen } from '../heap/refuse'

/** How the page is served. */
export interface LiveOptions {
  /** The heaps to show. Default: all heaps of this thread, also those that are made later. */
  readonly heaps?: readonly Heap[]
  /**
   * Where to listen: an address of this machine. Default `'127.0.0.1'`, which nobody else can reach. With another one, whoever has the
   * address of the page sees it, without encryption.
   */
  readonly host?: string
  /** The port; 0, the default: a free one. */
  readonly port?: number
  /** Milliseconds from one frame to the next, 20 to 10 000; default 100. */
  readonly interval?: number
}

/** Options with their defaults; no heaps: all of them. */
export type CheckedOptions = Required<Omit<LiveOptions, 'heaps'>> & { readonly heaps: readonly Heap[] | undefined }

const KNOWN = ['heaps', 'host', 'port', 'interval'] as const
const INTERVAL_MIN = 20
const INTERVAL_MAX = 10_000

/**
 * @param more - what stands behind the options, where nothing may
 * @throws TypeError for an option of another kind or an unknown one, RangeError for a number that cannot be, HeapError `EBB_CLOSED` for a
 *   closed heap
 */
export function checkOptions(given: Heap | LiveOptions, ...more: readonly unknown[]): CheckedOptions {
  if (more.length > 0 || Array.isArray(given)) {
    throw typeError(
      `ebb/live: serve needs a heap, or options with heaps among them, such as { heaps: [heap], port: 8080 }, ` +
        `got ${Array.isArray(given) ? 'an array' : `${show(more[0])} behind them`}`,
    )
  }
  if (isHeap(given)) return { heaps: checkHeaps([given]), host: '127.0.0.1', port: 0, interval: 100 }
  if (typeof given !== 'object' || given === null) {
    throw typeError(
      `ebb/live: serve needs a heap or options, such as { port: 8080 }, got ${show(given)} (${typeof given})`,
    )
  }
  const unknown = Object.keys(given).find((key) => !(KNOWN as readonly string[]).includes(key))
  if (unknown !== undefined) {
    throw typeError(`ebb/live: ${show(unknown)} is not an option of serve; there are ${KNOWN.join(', ')}`)
  }
  const { heaps, host = '127.0.0.1', port = 0, interval = 100 } = given as LiveOptions
  if (typeof host !== 'string' || host === '') {
    throw typeError(`ebb/live: option host must be an address of this machine, got ${show(host)} (${typeof host})`)
  }
  mustBeWhole('port', port, 0, 65_535)
  mustBeWhole('interval', interval, INTERVAL_MIN, INTERVAL_MAX)
  return { heaps: heaps === undefined ? undefined : checkHeaps(heaps), host, port, interval }
}

function checkHeaps(heaps: unknown): readonly Heap[] {
  if (!Array.isArray(heaps)) {
    throw typeError(`ebb/live: option heaps must be an array of heaps, got ${show(heaps)} (${typeof heaps})`)
  }
  const wrong = heaps.findIndex((heap) => !(isHeap(heap) && heap instanceof Heap))
  if (wrong >= 0) {
    throw typeError(`ebb/live: option heaps must be heaps of this copy of ebb, got ${show(heaps[wrong])} at ${wrong}`)
  }
  for (const heap of heaps as Heap[]) mustBeOpen(partsOf(heap), 'serve')
  return [...heaps]
}

function mustBeWhole(name: string, value: unknown, low: number, high: number): void {
  if (typeof value !== 'number') {
    throw typeError(`ebb/live: option ${name} must be a number, got ${show(value)} (${typeof value})`)
  }
  if (!(Number.isInteger(value) && value >= low && value <= high)) {
    throw rangeError(`ebb/live: option ${name} must be a whole number from ${low} to ${high}, got ${show(value)}`)
  }
}
