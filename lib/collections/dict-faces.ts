/**
 * Faces of the dicts that are used most. Each has the hot calls once more, so that V8 compiles them for one class of tables alone: it learns
 * types per function.
 */
import { BaseDict } from './base-dict'
import type { TextDoubleDict } from './entry-dict'
import type { Int32F64Dict, Int32I32Dict } from './number-kinds'

/** i32 -> f64. */
export class Int32F64Face extends BaseDict<number, number> {
  readonly #table: Int32F64Dict

  constructor(table: Int32F64Dict) {
    super(table)
    this.#table = table
  }

  override get(key: number): number | undefined {
    return this.#table.get(key)
  }

  override getOr(key: number, otherwise: number): number {
    const found = this.#table.get(key)
    return found === undefined ? otherwise : found
  }

  override has(key: number): boolean {
    return this.#table.has(key)
  }

  override set(key: number, value: number): this {
    this.#table.set(key, value)
    return this
  }

  override delete(key: number): boolean {
    return this.#table.delete(key)
  }
}

/** i32 -> i32. */
export class Int32I32Face extends BaseDict<number, number> {
  readonly #table: Int32I32Dict

  constructor(table: Int32I32Dict) {
    super(table)
    this.#table = table
  }

  override get(key: number): number | undefined {
    return this.#table.get(key)
  }

  override getOr(key: number, otherwise: number): number {
    const found = this.#table.get(key)
    return found === undefined ? otherwise : found
  }

  override has(key: number): boolean {
    return this.#table.has(key)
  }

  override set(key: number, value: number): this {
    this.#table.set(key, value)
    return this
  }

  override delete(key: number): boolean {
    return this.#table.delete(key)
  }
}

/** str -> f64. */
export class TextDoubleFace extends BaseDict<string, number> {
  readonly #table: TextDoubleDict

  constructor(table: TextDoubleDict) {
    super(table)
    this.#table = table
  }

  override get(key: string): number | undefined {
    return this.#table.get(key)
  }

  override getOr(key: string, otherwise: number): number {
    const found = this.#table.get(key)
    return found === undefined ? otherwise : found
  }

  override has(key: string): boolean {
    return this.#table.has(key)
  }

  override set(key: string, value: number): this {
    this.#table.set(key, value)
    return this
  }

  override delete(key: string): boolean {
    return this.#table.delete(key)
  }
}
