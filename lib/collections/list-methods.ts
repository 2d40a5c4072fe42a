/** Within a list, one element at a time: what is alike for all kinds. The face is documented (base-list.ts). */
import { mustBeFunction, rangeError, show } from '../base/errors'
import { ListBulk, refuseNumber } from './list-bulk'

export abstract class ListMethods<V> extends ListBulk<V> {
  at(index: number): V | undefined {
    const whole = typeof index === 'number' ? Math.trunc(index) || 0 : refuseNumber('an index', index)
    const at = whole < 0 ? this.length + whole : whole
    if (at >= 0 && at < this.length) return this.get(at)
    this.mustBeOpen('at')
    return undefined
  }

  pop(): V | undefined {
    if (this.firstAt === this.endAt) return this.none('pop')
    const at = this.endAt - 1
    const value = this.read(at)
    this.drop(at, at + 1)
    this.cutBack()
    return value
  }

  shift(): V | undefined {
    if (this.firstAt === this.endAt) return this.none('shift')
    const at = this.firstAt
    const value = this.read(at)
    this.drop(at, at + 1)
    this.cutFront()
    return value
  }

  unshift(value: V): number {
    this.check(value)
    if ((this.firstAt & this.mask) === 0 || this.firstAt === this.endAt) this.growFront()
    this.write(this.firstAt - 1, value)
    this.firstAt--
    return this.length
  }

  unshiftAll(values: readonly V[]): number {
    const before = this.length
    try {
      for (let index = values.length - 1; index >= 0; index--) this.unshift(values[index] as V)
    } catch (error) {
      while (!this.isClosed && this.length > before) this.shift()
      throw error
    }
    return this.length
  }

  insert(index: number, value: V): number {
    if (index !== this.length) this.mustHave(index)
    return this.insertBy(
      index,
      () => this.push(value),
      () => this.unshift(value),
    )
  }

  /** Has an element put in at either end, by a call that runs no code of the caller, and moves it to `index`. */
  protected insertBy(index: number, push: () => void, unshift: () => void): number {
    this.unnumber()
    if (index >= this.length >> 1) {
      push()
      const added = this.elementAt(this.endAt - 1)
      this.moveUp(this.firstAt + index, this.endAt - 1)
      this.putElement(this.firstAt + index, added)
    } else {
      unshift()
      const added = this.elementAt(this.firstAt)
      this.moveDown(this.firstAt + 1, this.firstAt + index + 1)
      this.putElement(this.firstAt + index, added)
    }
    return this.length
  }

  remove(index: number): V {
    const value = this.get(index)
    const at = this.firstAt + index
    this.drop(at, at + 1)
    this.unnumber()
    if (index >= this.length >> 1) {
      this.moveDown(at + 1, this.endAt)
      this.cutBack()
    } else {
      this.moveUp(this.firstAt, at)
      this.cutFront()
    }
    return value
  }

  clear(): void {
    this.mustBeOpen('clear')
    this.empty()
  }

  /** The element at an index that is there. */
  readIndex(index: number): V {
    return this.read((this.firstAt + index) | 0)
  }

  mustIterate(): void {
    this.mustBeOpen('iterate')
  }

  /** Whether there is an element at an index that counts from another one on. */
  protected has(index: unknown, from: number): index is number {
    return typeof index === 'number' && (index | 0) === index && from + index >= 0 && from + index < this.length
  }

  /** Throws for an index outside of the list. */
  protected mustHave(index: unknown): asserts index is number {
    if (!this.has(index, 0)) this.refuseIndex(index)
  }

  protected refuseIndex(index: unknown): never {
    this.mustBeOpen('access')
    if (typeof index !== 'number') refuseNumber('an index', index)
    const allowed = this.length === 0 ? 'the list is empty' : `a whole number from 0 to ${this.length - 1} is`
    throw rangeError(`ebb: index ${show(index)} is not in the list; ${allowed}`)
  }

  protected mustVisit(visit: unknown): void {
    this.mustBeOpen('forEach')
    mustBeFunction(visit, 'forEach')
  }

  private cutBack(): void {
    const at = --this.endAt
    if ((at & this.mask & 63) === 0) this.trimBack()
  }

  private cutFront(): void {
    const at = ++this.firstAt
    if ((at & this.mask & 63) === 0 || at === this.endAt) this.trimFront()
  }

  /** An element as the chunks have it. */
  private elementAt(at: number): number | bigint {
    return this.viewAt(at, at + 1)[0] as number | bigint
  }

  private putElement(at: number, element: number | bigint): void {
    this.viewAt(at, at + 1)[0] = element
  }

  private none(verb: string): undefined {
    this.mustBeOpen(verb)
    return undefined
  }

  /** Moves the elements of [at, end) one position up. */
  private moveUp(at: number, end: number): void {
    let top = end
    while (top > at) {
      const bottom = Math.max(at, (top - 1) & ~this.mask)
      this.putElement(top, this.elementAt(top - 1))
      if (top - 1 > bottom) this.viewAt(bottom, top).copyWithin(1, 0, top - 1 - bottom)
      top = bottom
    }
  }

  /** Moves the elements of [at, end) one position down. */
  private moveDown(at: number, end: number): void {
    let bottom = at
    while (bottom < end) {
      const top = Math.min(end, (bottom | this.mask) + 1)
      this.putElement(bottom - 1, this.elementAt(bottom))
      if (top - 1 > bottom) this.viewAt(bottom, top).copyWithin(0, 1, top - bottom)
      bottom = top
    }
  }
}
