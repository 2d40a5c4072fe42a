/** Whether what a process holds is flat: the medians of the second fifth of its rounds, when all is warm, and of the last fifth. */
import { median } from '../common/quantile'
import { MIB, mib } from '../common/table'
import type { Held } from './held'

export interface Verdict {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly isFlat: boolean
}

/** By how much each may differ: V8's own heap breathes, and with it the resident set and the mappings; books and handles do not. */
const SLACK: Record<keyof Held, number> = { residentBytes: 16 * MIB, maps: 40, mappedBytes: 0, handles: 0, blocks: 0 }
const NAMES: Record<keyof Held, string> = {
  residentBytes: 'resident MiB',
  maps: 'mappings',
  mappedBytes: 'mapped MiB of heaps',
  handles: 'handles',
  blocks: 'live blocks',
}

export function verdicts(all: readonly Held[]): Verdict[] {
  const fifth = Math.ceil(all.length / 5)
  if (all.length < 5) throw new Error(`${all.length} rounds are too few to tell: give it more --minutes`)
  return (Object.keys(NAMES) as (keyof Held)[]).map((key) => {
    const from = median(all.slice(fifth, 2 * fifth).map((held) => held[key]))
    const to = median(all.slice(-fifth).map((held) => held[key]))
    const show = (value: number): string => (key.endsWith('Bytes') ? mib(value) : String(value))
    return { name: NAMES[key], from: show(from), to: show(to), isFlat: to - from <= SLACK[key] }
  })
}

export const isFlat = (found: readonly Verdict[]): boolean => found.every((verdict) => verdict.isFlat)
