/** What was overwritten at a block: found, told once, and put right. */
import { showPointer } from '../base/errors'
import { HELD } from './entries'
import { expectedByte, firstDamage } from './guards'
import { bytesOf } from './memory'
import { DebugError, dumpOf, placeOf, storyOf } from './report'
import type { Tracker } from './tracker'

const hex = (byte: number): string => byte.toString(16).padStart(2, '0')

/**
 * What was overwritten at a block, with its story and its neighbours; undefined: nothing. The bytes are as they should be then.
 * @param verb - the call that looks, for the message
 */
export function damageOf(tracker: Tracker, entry: number, verb = 'check'): DebugError | undefined {
  if (tracker.isWhole(entry)) return undefined
  const { entries, parts } = tracker
  const block = tracker.reportOf(entry)
  const { pointer, byteLength } = block
  const isFreed = block.freed !== undefined
  const { bytes, at } = bytesOf(parts, pointer)
  const end = entries.end(entry) * 4
  const wrong = firstDamage((offset) => bytes[at + offset] as number, entry, byteLength, end, isFreed)
  const gone = entries.state(entry) === HELD ? 'the block moved away' : 'the block was freed'
  const how = isFreed && wrong >= 0 ? `somebody wrote here after ${gone}` : 'somebody wrote past the bytes of a block'
  const was = hex(expectedByte(wrong, entry, byteLength, isFreed) as number)
  const message =
    `ebb: ${verb}(${showPointer(pointer)}): ${how}: byte ${placeOf(wrong, byteLength, isFreed)} ` +
    `is ${hex(bytes[at + wrong] as number)}, and was ${was}`
  const dump = dumpOf((offset) => bytes[at + offset], wrong)
  tracker.mend(entry)
  return new DebugError('EBB_DAMAGED', `${message}${storyOf(block)}${dump}`, block)
}

/** Warns of what was overwritten at a block, if anything was. */
export function warnOfDamage(tracker: Tracker, entry: number): void {
  const damage = damageOf(tracker, entry)
  if (damage !== undefined) process.emitWarning(damage)
}

/** What was overwritten at all blocks of a heap. */
export function damagesOf(tracker: Tracker): DebugError[] {
  const found: DebugError[] = []
  for (let entry = 1; entry < tracker.entries.count; entry++) {
    const damage = tracker.entries.hasMemory(entry) ? damageOf(tracker, entry) : undefined
    if (damage !== undefined) found.push(damage)
  }
  return found
}
