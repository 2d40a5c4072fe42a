/**
 * Decay: how long dirty memory may stay resident. Pure: time comes in as a number, what to give back goes out.
 *
 * Time is counted in epochs, a fixed part of the decay each. What becomes dirty is stamped with the epoch it happened in, one
 * small integer, and has expired when a whole decay has surely passed since: EPOCHS_PER_DECAY full epochs after the one of
 * the stamp. So memory is given back between 1 and (EPOCHS_PER_DECAY + 1) / EPOCHS_PER_DECAY decays after it was freed, and
 * freeing needs no look at the clock.
 *
 * (jemalloc decays along a smooth curve, which spreads the work; here a bounded slice per tick does that. See docs/design.md.)
 */
import { nextSet } from '../base/bits'
import { POOLS_PER_ARENA, type PoolIndex, recordOf } from '../base/layout'
import { STAMP, word } from '../books/ledger'

/** The finer, the closer to the promised time and the more often the timer fires while something is dirty. */
export const EPOCHS_PER_DECAY = 8
/** Milliseconds: a shorter decay counts as this one. Timers are no finer, and of less than 1e-307 an epoch would be 0 long. */
const DECAY_MIN_MS = 1

export class Decay {
  /** Milliseconds; 0: nothing may stay, Infinity: everything may. */
  readonly decayMs: number
  /** Milliseconds of an epoch: 0 and Infinity for those decays. */
  readonly epochMs: number
  readonly #start: number

  /**
   * @param decayMs - how long dirty memory may stay resident, milliseconds, 0 to Infinity
   * @param now - milliseconds on the clock that later times are read from
   */
  constructor(decayMs: number, now: number) {
    this.decayMs = decayMs
    this.epochMs = decayMs === 0 ? 0 : Math.max(decayMs, DECAY_MIN_MS) / EPOCHS_PER_DECAY
    this.#start = now
  }

  /** Number of whole epochs since the start. Always 0 where nothing or everything may stay. */
  epochAt(now: number): number {
    return this.epochMs === 0 ? 0 : Math.floor((now - this.#start) / this.epochMs)
  }

  /** Whole milliseconds from `now` to the beginning of the next epoch, as timers count: one that ticks later keeps memory for longer. */
  untilEpoch(now: number): number {
    if (this.epochMs === 0) return 0
    return Math.ceil(this.epochMs - ((now - this.#start) % this.epochMs))
  }

  /**
   * Whether what became dirty in epoch `stamp` is to be given back in epoch `epoch`. A stamp in a ledger has 32 bits, which at the
   * shortest decay are used up in 75 hours: the difference is taken modulo 2^32.
   */
  hasExpired(stamp: number, epoch: number): boolean {
    return this.decayMs === 0 || (this.decayMs !== Infinity && ((epoch - stamp) | 0) > EPOCHS_PER_DECAY)
  }

  /**
   * Of a set of dirty pools of one arena, those that have expired, by the stamps in their records.
   * @returns whether there are any; the map is in `expiredLow` and `expiredHigh`
   */
  collectExpired(ledger: Int32Array, dirtyLow: number, dirtyHigh: number, epoch: number): boolean {
    let low = 0
    let high = 0
    for (let p = nextSet(dirtyLow, dirtyHigh, 1); p < POOLS_PER_ARENA; p = nextSet(dirtyLow, dirtyHigh, p + 1)) {
      if (!this.hasExpired(word(ledger, recordOf(p as PoolIndex) + STAMP), epoch)) continue
      if (p < 32) low |= 1 << p
      else high |= 1 << (p & 31)
    }
    this.expiredLow = low
    this.expiredHigh = high
    return (low | high) !== 0
  }

  /** Result of {@link collectExpired}: pools 0..31 and 32..63. */
  expiredLow = 0
  expiredHigh = 0
}
