/** Looks at the heaps through the words of their space, from their own thread or from another. */
import { figuresOfNothing, readFigures } from '../inspect/figures'
import { PoolState, readMap, type SpaceBooks, slotsIn } from '../inspect/map'
import type { HeapName, HeapView, View } from './view'

/** What a looker cannot read in the words. */
export interface News {
  /** Where the books are: a new description where there is a new annex, else none. */
  readonly books: SpaceBooks | undefined
  /** The heaps that are open. */
  readonly heaps: readonly HeapName[]
}

export class Looker {
  /** Whether something was seen that the news do not tell of. */
  isPuzzled = false
  #books: SpaceBooks
  #names = new Map<number, HeapName>()
  readonly #isAll: boolean

  /** @param isAll - false: the heaps of the news alone are shown */
  constructor(books: SpaceBooks, isAll: boolean) {
    this.#books = books
    this.#isAll = isAll
  }

  take({ books, heaps }: News): void {
    this.#books = books ?? this.#books
    this.#names = new Map(heaps.map((heap) => [heap.number, heap]))
    this.isPuzzled = false
  }

  look(busyMs: number): View {
    const books = this.#books
    const slots = this.#slots()
    const figures = readFigures(books, slots)
    const { slots: rows, heaps: owners, states } = readMap(books, slots)
    const numbers = [...new Set([...this.#names.keys(), ...figures.keys()])].sort((a, b) => a - b)
    const heaps = numbers.map((number): HeapView => {
      const name = this.#names.get(number)
      if (name === undefined) this.isPuzzled = true
      const stats = figures.get(number) ?? figuresOfNothing(books, number)
      return { ...(name ?? { number, id: -number, name: `heap ${number}` }), stats }
    })
    if (states.includes(PoolState.unseen)) this.isPuzzled = true
    return { heaps, slots: rows, owners, states, busyMs }
  }

  #slots(): number[] {
    if (this.#isAll) return slotsIn(this.#books)
    return [...this.#names.keys()].flatMap((number) => slotsIn(this.#books, number)).sort((a, b) => a - b)
  }
}
