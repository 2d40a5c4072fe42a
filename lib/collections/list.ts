/** Lists off the heap: a chunked vector with Array's face, for elements of one kind. docs/collections.md is their guide. */
import type { Heap } from '../heap/heap'
import { Scalar } from '../records/types'
import { mustBeHeap, mustBeValueKind, type ValueKind, type ValueOf } from './kinds'
import { EntryList } from './list-entries'
import { SCALAR_LISTS } from './list-kinds'
import { ListMethods } from './list-methods'
import type { ElementsConstructor } from './list-slots'

/**
 * A list of elements of one kind in the blocks of a heap. Both ends are O(1), growth copies nothing and pauses nobody, and what is taken
 * away gives its chunks of 32 KiB back. `heap.compact()` may move its blocks; the list follows.
 *
 *     using prices = new List(heap, f64)
 *     prices.push(1.5)
 *     prices.get(0)                      1.5
 */
export interface List<V> extends ListMethods<V> {}

type ListClass = new (heap: Heap, kind: string, elements: ElementsConstructor) => ListMethods<never>

class ListMaker {
  constructor(heap: Heap, kind: ValueKind) {
    mustBeHeap(heap, 'a list')
    mustBeValueKind(kind, "a list's kind")
    // biome-ignore lint/correctness/noConstructorReturn: as below.
    if (!(kind instanceof Scalar)) return new EntryList(heap, kind)
    const [ListOfKind, elements] = SCALAR_LISTS[kind.kind]
    // biome-ignore lint/correctness/noConstructorReturn: a list of each kind is of a class of its own.
    return new (ListOfKind as unknown as ListClass)(heap, kind.kind, elements)
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof ListMethods
  }
}

/**
 * Makes an empty list.
 * @param heap - where its elements live
 * @param kind - what they are: a scalar such as `f64` or `bool`, `struct(...)`, `str`, `bytes`, `value`
 * @throws TypeError for another heap or kind; HeapError `EBB_CLOSED` where the heap is closed
 */
export const List = ListMaker as unknown as {
  new <K extends ValueKind>(heap: Heap, kind: K): List<ValueOf<K>>
  readonly prototype: List<unknown>
}
