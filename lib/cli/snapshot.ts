/** A snapshot of heaps: what `ebb report` reads beside recordings. */
import type { CopyReport, HeapReport } from '../heap/door'
import { HeapStats, type SizeClassStats } from '../inspect/stats'
import { type Finding, findingOf } from './advice/finding'
import { heapFindings } from './advice/heap-rules'

export interface Snapshot {
  readonly title: string | undefined
  readonly heaps: readonly HeapReport[]
  readonly findings: readonly Finding[]
}

/** Statistics, if that is what a value is: every number is there. */
function statsOf(value: unknown): HeapStats | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const given = value as Record<string, unknown>
  const stats = new HeapStats() as unknown as Record<string, unknown>
  for (const [key, known] of Object.entries(stats)) {
    const found = given[key]
    if (typeof known === 'number') {
      // Statistics of an older version lack what was not counted then.
      if (found !== undefined && !(typeof found === 'number' && Number.isFinite(found))) return undefined
      if (found === undefined && NEEDED.includes(key)) return undefined
      stats[key] = found ?? 0
    }
  }
  stats.name = typeof given.name === 'string' ? given.name : ''
  const classes = given.classes
  if (!Array.isArray(classes)) return undefined
  stats.classes = classes.filter(isClass)
  return stats as unknown as HeapStats
}

const NEEDED: readonly string[] = ['mappedBytes', 'residentBytes', 'liveBytes', 'freeBlockBytes', 'freePoolBytes']

const isClass = (value: unknown): value is SizeClassStats =>
  (['sizeClass', 'blockBytes', 'pools', 'blocks', 'freeBlocks'] as const).every((key) =>
    Number.isFinite((value as SizeClassStats | null)?.[key]),
  )

const isBase64 = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)

/** A heap with what is known of it beside its statistics. */
function heapOf(value: unknown): HeapReport | undefined {
  const given = value as Partial<HeapReport> | null | undefined
  const told = statsOf(given?.stats)
  const stats = told ?? statsOf(value)
  if (stats === undefined) return undefined
  // Statistics alone do not tell the decay: the usual one makes no finding of its own.
  const { decay = 1000, limit = null, thread = 0 } = told === undefined ? {} : (given as HeapReport)
  const { map } = told === undefined ? {} : (given as HeapReport)
  return { name: stats.name, thread: Number(thread) || 0, decay, limit, stats, ...(isBase64(map) ? { map } : {}) }
}

/**
 * The heaps in a value from JSON: statistics, a list of them, those of `allStats()`, or what `ebb doctor` and `ebb top` say of a process.
 * @returns undefined for anything else
 */
export function readSnapshot(value: unknown): Snapshot | undefined {
  const doctor = value as { readonly facts?: unknown; readonly findings?: unknown } | null | undefined
  const asked = (((doctor?.facts ?? value) as { asked?: unknown } | null)?.asked ?? undefined) as
    | { readonly pid?: unknown; readonly title?: unknown; readonly copies?: unknown }
    | undefined
  const copies = Array.isArray(asked?.copies) ? (asked.copies as CopyReport[]) : undefined
  const all = (value as { readonly heaps?: unknown } | null | undefined)?.heaps
  const list: unknown[] = copies?.flatMap((copy) => copy?.heaps ?? []) ??
    [value, all].find((each) => Array.isArray(each)) ?? [value]
  const heaps = list.map(heapOf)
  if (heaps.includes(undefined) || (heaps.length === 0 && copies === undefined)) return undefined
  const told = Array.isArray(doctor?.findings) ? doctor.findings.map(findingOf) : undefined
  const known = heaps as HeapReport[]
  return {
    title: asked === undefined ? undefined : `Heaps of process ${String(asked.pid)} (${String(asked.title)})`,
    heaps: known,
    findings:
      told?.filter((finding) => finding !== undefined) ?? known.flatMap((heap) => heapFindings(heap, undefined, 0)),
  }
}
