import { describe, expect, it } from 'vitest'
import type { Slot } from '../../lib/base/layout'
import { bitsOf, KeptLists } from '../../lib/supply/kept-lists'

const KIB = 1024

/** Adds a stretch, in the bin of its length. */
function put(lists: KeptLists, slot: number, byteLength: number) {
  const kept = lists.add(slot as Slot, byteLength, slot * 10)
  lists.enterBin(kept, byteLength)
  return kept
}

/** Slots by age, and in the bin of a length. */
const agesOf = ({ ages }: KeptLists): number[] => {
  const slots: number[] = []
  for (let kept = ages.newer; kept !== ages; kept = kept.newer) slots.push(kept.slot)
  return slots
}
const binOf = (lists: KeptLists, byteLength: number): number[] => {
  const head = lists.bin(bitsOf(byteLength))
  const slots: number[] = []
  for (let kept = head.next; kept !== head; kept = kept.next) slots.push(kept.slot)
  return slots
}

describe('the lists of kept memory', () => {
  it('have stretches by age, and by the bits of what a block can have there, those that came first in front', () => {
    const lists = new KeptLists()
    expect([lists.oldest, lists.bins, agesOf(lists)]).toEqual([undefined, 0, []])
    for (const [slot, bytes] of [
      [1, 300 * KIB],
      [2, 600 * KIB],
      [3, 511 * KIB],
    ] as const)
      put(lists, slot, bytes)
    expect([lists.oldest?.slot, agesOf(lists), lists.bins]).toEqual([1, [1, 2, 3], bitsOf(600 * KIB) + 1])
    expect([binOf(lists, 256 * KIB), binOf(lists, 512 * KIB), binOf(lists, KIB)]).toEqual([[1, 3], [2], []])
  })

  it('let a stretch change its bin and keep its age', () => {
    const lists = new KeptLists()
    const [a, b] = [put(lists, 1, 300 * KIB), put(lists, 2, 300 * KIB)]
    lists.leaveBin(a)
    lists.enterBin(a, 700 * KIB)
    expect([a.capacity, agesOf(lists), binOf(lists, 300 * KIB), binOf(lists, 700 * KIB)]).toEqual([
      700 * KIB,
      [1, 2],
      [2],
      [1],
    ])
    lists.leaveBin(b)
    lists.enterBin(b, 300 * KIB)
    expect(binOf(lists, 300 * KIB)).toEqual([2])
  })

  it('use what is gone again, as new', () => {
    const lists = new KeptLists()
    const all = [1, 2, 3].map((slot) => put(lists, slot, 300 * KIB))
    for (const kept of [all[1]!, all[0]!]) {
      kept.discarded = KIB
      lists.leaveBin(kept)
      lists.remove(kept)
    }
    expect([agesOf(lists), binOf(lists, 300 * KIB)]).toEqual([[3], [3]])
    const again = [4, 5, 6].map((slot) => put(lists, slot, 400 * KIB))
    expect([again[0], again[1], all.includes(again[2]!)]).toEqual([all[0], all[1], false])
    expect(again[0]).toMatchObject({ slot: 4, byteLength: 400 * KIB, discarded: 0, stamp: 40, capacity: 400 * KIB })
    expect([agesOf(lists), binOf(lists, 300 * KIB)]).toEqual([
      [3, 4, 5, 6],
      [3, 4, 5, 6],
    ])
  })

  it('know the bits of every length, beyond 32 of them too', () => {
    expect([1, 2, 3, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 42 - 1].map(bitsOf)).toEqual([0, 1, 1, 30, 31, 32, 41])
  })
})
