/** What is to be said of one heap, by fixed rules: each a pure function of its report, with its figures as constants. */
import type { HeapReport } from '../../heap/door'
import { printable } from '../draw/ink'
import { plural, showBytes, showCount, showShare, showTime } from '../draw/units'
import type { Finding } from './finding'
import { levelOfShare } from './machine-rules'

/** Bytes: what is less is not worth a word. */
export const ENOUGH = 8 * 2 ** 20
/** Free and resident memory is worth a word from this share of a heap's resident bytes on. */
export const DIRTY_SHARE = 0.25
/** Milliseconds: a decay above this holds memory for long. */
export const LONG_DECAY = 10_000
/** Bytes a second that go back and are taken again: more costs speed. */
export const CHURN_BYTES = 64 * 2 ** 20
/** Arenas and large blocks a second that are given back: more costs speed. */
export const CHURN_UNMAPS = 100

const POOL_BYTES = 4096

/** ` (thread 3)`; nothing for the main thread. */
export const ofThread = ({ thread }: HeapReport): string => (thread === 0 ? '' : ` (thread ${thread})`)

/** A heap as findings call it. */
export const nameOf = (heap: HeapReport): string =>
  (heap.name === '' ? 'a heap without a name' : `heap ${JSON.stringify(printable(heap.name))}`) + ofThread(heap)

/** Many pools with few blocks: free blocks in used pools outweigh the live ones. */
export function scatteredRule(heap: HeapReport): Finding | undefined {
  const { freeBlockBytes, liveBytes, largeBytes, classes } = heap.stats
  const live = liveBytes - largeBytes
  if (freeBlockBytes < ENOUGH || freeBlockBytes < live) return undefined
  const wasteOf = ({ blockBytes, freeBlocks }: (typeof classes)[number]): number => blockBytes * freeBlocks
  const worst = [...classes].sort((a, b) => wasteOf(b) - wasteOf(a))[0]
  let example = ''
  if (worst !== undefined && worst.blockBytes > 0) {
    const pools = Math.max(1, Math.ceil((worst.pools * worst.blocks) / (worst.blocks + worst.freeBlocks)))
    example =
      `. Blocks of ${worst.blockBytes} bytes: ${showCount(worst.blocks)} of them keep ${plural(worst.pools, 'pool')}, ` +
      `and would fit in ${showCount(pools)}`
  }
  return {
    level: 'WARN',
    topic: 'scattered blocks',
    text:
      `${nameOf(heap)}: ${showBytes(freeBlockBytes)} of free blocks lie between ${showBytes(live)} of live ones, in pools that ` +
      `cannot go back${example}`,
    remedy: 'compact() moves them together; or give what survives a heap of its own',
  }
}

/** Free memory that is still resident: dirty pools and kept large blocks. */
export function dirtyRule(heap: HeapReport): Finding | undefined {
  const { dirtyPools, keptBytes, residentBytes } = heap.stats
  const bytes = dirtyPools * POOL_BYTES + keptBytes
  if (bytes < ENOUGH || bytes < residentBytes * DIRTY_SHARE) return undefined
  const text = `${nameOf(heap)}: ${showBytes(bytes)} are free and still resident, ${showShare(bytes / residentBytes)} of it`
  const topic = 'dirty memory'
  if (heap.decay === null) {
    return {
      level: 'WARN',
      topic,
      text: `${text}, and decay is Infinity: nothing goes back by itself`,
      remedy: 'purge() when a job is done, or a finite `decay`',
    }
  }
  const long = heap.decay > LONG_DECAY
  return {
    level: long ? 'WARN' : 'NOTE',
    topic,
    text: `${text}; it goes back when it was left alone for ${showTime(heap.decay)}`,
    remedy: long ? 'a shorter `decay`, or purge() when a job is done' : 'nothing, unless it stays so; then purge()',
  }
}

/** A decay that trades more than the usual one. */
export function decayRule({ decay, ...heap }: HeapReport): Finding | undefined {
  const name = nameOf({ decay, ...heap })
  if (decay === 0) {
    const text = `${name} has decay 0: the least memory at each moment, and each alloc and free goes to its pool, at half the speed`
    return { level: 'NOTE', topic: 'decay', text, remedy: 'the default of 1 s, unless memory matters more than time' }
  }
  if (decay !== null && decay <= LONG_DECAY) return undefined
  const time = decay === null ? 'for ever' : `for ${showTime(decay)}`
  const text = `${name} keeps what is freed ${time}`
  return { level: 'NOTE', topic: 'decay', text, remedy: 'purge() gives it back at once' }
}

/**
 * Memory that goes back and is taken again.
 * @param seconds - between the two looks
 */
export function churnRule(before: HeapReport, after: HeapReport, seconds: number): Finding | undefined {
  if (seconds <= 0) return undefined
  const bytes = (after.stats.discardedBytes - before.stats.discardedBytes) / seconds
  const unmaps = (after.stats.unmaps - before.stats.unmaps) / seconds
  if (bytes < CHURN_BYTES && unmaps < CHURN_UNMAPS) return undefined
  return {
    level: 'NOTE',
    topic: 'churn',
    text:
      `${nameOf(after)} gave back ${showBytes(bytes)} of free pools and ${showCount(unmaps)} arenas and large blocks a second, ` +
      'while we looked',
    remedy: 'if it takes them again soon, a longer `decay` spares page faults and calls to the system',
  }
}

/** A limit that is near. */
export function limitRule(heap: HeapReport): Finding | undefined {
  if (heap.limit === null) return undefined
  const { mappedBytes, residentBytes } = heap.stats
  const share = mappedBytes / heap.limit
  const level = levelOfShare(share)
  if (level === 'PASS') return undefined
  return {
    level,
    topic: 'limit',
    text:
      `${nameOf(heap)} has mapped ${showBytes(mappedBytes)}, ${showShare(share)} of its limit of ${showBytes(heap.limit)}; ` +
      `${showBytes(residentBytes)} of that are resident`,
    remedy: 'beyond it, alloc throws EBB_LIMIT: free blocks, compact(), or raise `limit`, which counts addresses',
  }
}

/** Discards that the system refused. */
export function failedRule(heap: HeapReport): Finding | undefined {
  const { failedDiscards } = heap.stats
  if (failedDiscards === 0) return undefined
  return {
    level: 'WARN',
    topic: 'refused discards',
    text: `${nameOf(heap)}: the system refused ${plural(failedDiscards, 'time')} to take memory back; it stays resident`,
    remedy: 'locked memory (mlockall) or a sandbox may be the reason; purge() throws what the system says',
  }
}

/** Everything that is to be said of a heap; one PASS where there is nothing. */
export function heapFindings(heap: HeapReport, before: HeapReport | undefined, seconds: number): Finding[] {
  const found = [
    scatteredRule(heap),
    dirtyRule(heap),
    decayRule(heap),
    before === undefined ? undefined : churnRule(before, heap, seconds),
    limitRule(heap),
    failedRule(heap),
  ].filter((finding) => finding !== undefined)
  if (found.length > 0) return found
  const { blocks, liveBytes, residentBytes, mappedBytes } = heap.stats
  const text =
    `${nameOf(heap)}: ${plural(blocks, 'live block')} of ${showBytes(liveBytes)}, ${showBytes(residentBytes)} resident ` +
    `of ${showBytes(mappedBytes)} mapped`
  return [{ level: 'PASS', topic: 'heap', text }]
}
