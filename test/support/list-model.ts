import { expect } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import type { List } from '../../lib/collections/list'
import type { Random } from './random'

/** A list beside an Array that must always hold the same. */
export class ListModel<V> {
  readonly list: List<V>
  readonly array: V[] = []
  /** Operations that threw a HeapError, after which both were still the same. */
  refused = 0
  private readonly random: Random
  private readonly value: () => V
  /** Length that it swings up to, then down to nothing. */
  private readonly most: number
  private isGrowing = true

  constructor(list: List<V>, random: Random, most: number, value: () => V) {
    this.list = list
    this.random = random
    this.most = most
    this.value = value
  }

  /** One random operation on both; what it returns must be the same. */
  step(): void {
    const { array, random } = this
    if (array.length >= this.most) this.isGrowing = false
    else if (array.length === 0) this.isGrowing = true
    const choice = random.below(1000)
    try {
      if (choice < 3) this.rare(choice)
      else if (choice < 20) this.splice()
      else if (choice < 400) this.look()
      else if (random.below(100) < (this.isGrowing ? 66 : 34)) this.add()
      else this.take()
    } catch (error) {
      if (!(error instanceof HeapError)) throw error
      this.refused++
      this.verify()
    }
  }

  verify(): void {
    const { list, array } = this
    if (list.length !== array.length) expect(list.length).toBe(array.length)
    for (let index = 0; index < array.length; index++) {
      if (!Object.is(list.get(index), array[index])) expect([index, list.get(index)]).toEqual([index, array[index]])
    }
  }

  private add(): void {
    const value = this.value()
    const isBack = this.random.oneIn(2)
    const length = isBack ? this.list.push(value) : this.list.unshift(value)
    if (isBack) this.array.push(value)
    else this.array.unshift(value)
    same(length, this.array.length)
  }

  private take(): void {
    if (this.random.oneIn(2)) same(this.list.pop(), this.array.pop())
    else same(this.list.shift(), this.array.shift())
  }

  private look(): void {
    const { list, array, random } = this
    const index = random.below(array.length)
    if (array.length === 0) same(list.at(0), undefined)
    else if (random.oneIn(3)) {
      const value = this.value()
      list.set(index, value)
      array[index] = value
    } else if (random.oneIn(2)) same(list.get(index), array[index])
    else same(list.at(-index - 1), array.at(-index - 1))
  }

  private splice(): void {
    const { list, array, random } = this
    const index = random.below(array.length + 1)
    if (random.oneIn(2)) {
      const value = this.value()
      same(list.insert(index, value), array.length + 1)
      array.splice(index, 0, value)
    } else if (index < array.length) same(list.remove(index), array.splice(index, 1)[0])
  }

  private rare(choice: number): void {
    const { list, array, random } = this
    const from = random.below(array.length + 1)
    const to = from + random.below(array.length + 1 - from)
    if (choice === 0) {
      const value = this.value()
      list.fill(value, from, to)
      array.fill(value, from, to)
    } else if (choice === 1) {
      const slice = list.slice(from, to)
      same(slice.length, to - from)
      if (to > from) same(slice.at(-1), array[to - 1])
      slice.close()
    } else if (random.oneIn(8)) {
      list.length = from
      array.length = from
    } else {
      const more = Array.from({ length: random.below(3000) }, this.value)
      same(list.pushAll(more), array.length + more.length)
      array.push(...more)
    }
  }
}

/** Faster than `expect`, for what is compared a million times. */
function same(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) expect(actual).toBe(expected)
}
