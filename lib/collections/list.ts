/** Lists off the heap: a chunked vector with Array's face, for elements of one kind. docs/collections.md is their guide. */
import type { Heap } from '../heap/heap'
import { Scalar } from '../records/types'
import { BaseList } from './base-list'
import { ofClass } from './extended'
import { mustBeHeap, mustBeValueKind, type ValueKind, type ValueOf } from './kinds'
import { EntryList } from './list-entries'
import { FACES } from './list-faces'

/**
 * A list of elements of one kind in the blocks of a heap. Both ends are O(1), growth copies nothing and pauses nobody, and what is taken
 * away gives its chunks of 32 KiB back. `heap.compact()` may move its blocks; the list follows.
 *
 *     using prices = new List(heap, f64)
 *     prices.push(1.5)
 *     prices.get(0)                      1.5
 */
export interface List<V> extends BaseList<V> {}

function ListOf(heap: Heap, kind: ValueKind): BaseList<never> {
  mustBeHeap(heap, 'a list')
  mustBeValueKind(kind, "a list's kind")
  const list = kind instanceof Scalar ? FACES[kind.kind](heap) : new BaseList(new EntryList(heap, kind))
  return ofClass(list as BaseList<never>, new.target, ListOf)
}
ListOf.prototype = BaseList.prototype

/**
 * Makes an empty list.
 * @param heap - where its elements live
 * @param kind - what they are: a scalar such as `f64` or `bool`, `struct(...)`, `str`, `bytes`, `value`
 * @throws TypeError for another heap or kind; HeapError `EBB_CLOSED` where the heap is closed
 */
export const List = ListOf as unknown as {
  new <K extends ValueKind>(heap: Heap, kind: K): List<ValueOf<K>>
  readonly prototype: BaseList<unknown>
}
