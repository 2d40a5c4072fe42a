/** Statistics in which freed blocks that are held back count as free. */
import type { SizeClass } from '../base/layout'
import { MEDIUM_MAX_BYTES, slotOf } from '../base/layout'
import { sizeClassOf, WHOLE_RUN } from '../base/size-classes'
import type { HeapStats } from '../inspect/stats'
import { FREED, HELD } from './entries'
import type { Tracker } from './tracker'

/** Changes the statistics. The sum that comes out at the mapped bytes stays the same. */
export function countHeldAsFree(stats: HeapStats, tracker: Tracker): HeapStats {
  if (tracker.entries.oldest === 0) return stats
  const { entries, parts } = tracker
  const held = new Map<number, number>()
  for (let entry = 1; entry < entries.count; entry++) {
    if (entries.state(entry) !== FREED && entries.state(entry) !== HELD) continue
    const bytes = entries.bytes(entry)
    stats.blocks--
    stats.liveBytes -= bytes
    if (parts.table.isLarge(slotOf(tracker.inner(entry)))) {
      stats.largeBlocks--
      stats.largeBytes -= bytes
      stats.keptBytes += bytes
      continue
    }
    stats.freeBlockBytes += bytes
    const sizeClass: SizeClass = bytes <= MEDIUM_MAX_BYTES ? sizeClassOf(bytes) : WHOLE_RUN
    held.set(sizeClass, (held.get(sizeClass) ?? 0) + 1)
  }
  stats.classes = stats.classes.map((line) => {
    const count = held.get(line.sizeClass) ?? 0
    return { ...line, blocks: line.blocks - count, freeBlocks: line.freeBlocks + count }
  })
  return stats
}
