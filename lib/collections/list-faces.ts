/**
 * Faces of lists of scalars: one class a kind, written by a script from one template. Each has the hot calls once more, so that V8 compiles them
 * for one class of lists alone: it learns types per function.
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { BaseList, listWithin } from './base-list'
import {
  BoolList,
  F32List,
  F64List,
  I8List,
  I16List,
  I32List,
  I64List,
  RefList,
  U8List,
  U16List,
  U32List,
  U64List,
} from './list-kinds'
import type { RuntimeIterator } from './runtime-iterator'

// <written by scripts/write-kinds.js>
class I8Face extends BaseList<number> {
  readonly #list = listWithin(this) as I8List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new I8Face(this.#list.slice(from, to)) as this
  }
}

class U8Face extends BaseList<number> {
  readonly #list = listWithin(this) as U8List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new U8Face(this.#list.slice(from, to)) as this
  }
}

class I16Face extends BaseList<number> {
  readonly #list = listWithin(this) as I16List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new I16Face(this.#list.slice(from, to)) as this
  }
}

class U16Face extends BaseList<number> {
  readonly #list = listWithin(this) as U16List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new U16Face(this.#list.slice(from, to)) as this
  }
}

class I32Face extends BaseList<number> {
  readonly #list = listWithin(this) as I32List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new I32Face(this.#list.slice(from, to)) as this
  }
}

class U32Face extends BaseList<number> {
  readonly #list = listWithin(this) as U32List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new U32Face(this.#list.slice(from, to)) as this
  }
}

class F32Face extends BaseList<number> {
  readonly #list = listWithin(this) as F32List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new F32Face(this.#list.slice(from, to)) as this
  }
}

class F64Face extends BaseList<number> {
  readonly #list = listWithin(this) as F64List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): number {
    return this.#list.get(index)
  }

  override at(index: number): number | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: number): void {
    this.#list.set(index, value)
  }

  override push(value: number, ...more: number[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: number, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<number> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new F64Face(this.#list.slice(from, to)) as this
  }
}

class I64Face extends BaseList<bigint> {
  readonly #list = listWithin(this) as I64List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): bigint {
    return this.#list.get(index)
  }

  override at(index: number): bigint | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: bigint): void {
    this.#list.set(index, value)
  }

  override push(value: bigint, ...more: bigint[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: bigint, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<bigint> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new I64Face(this.#list.slice(from, to)) as this
  }
}

class U64Face extends BaseList<bigint> {
  readonly #list = listWithin(this) as U64List

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): bigint {
    return this.#list.get(index)
  }

  override at(index: number): bigint | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: bigint): void {
    this.#list.set(index, value)
  }

  override push(value: bigint, ...more: bigint[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: bigint, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<bigint> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new U64Face(this.#list.slice(from, to)) as this
  }
}

class BoolFace extends BaseList<boolean> {
  readonly #list = listWithin(this) as BoolList

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): boolean {
    return this.#list.get(index)
  }

  override at(index: number): boolean | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: boolean): void {
    this.#list.set(index, value)
  }

  override push(value: boolean, ...more: boolean[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: boolean, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<boolean> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new BoolFace(this.#list.slice(from, to)) as this
  }
}

class RefFace extends BaseList<Pointer | 0> {
  readonly #list = listWithin(this) as RefList

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): Pointer | 0 {
    return this.#list.get(index)
  }

  override at(index: number): Pointer | 0 | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: Pointer | 0): void {
    this.#list.set(index, value)
  }

  override push(value: Pointer | 0, ...more: (Pointer | 0)[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: Pointer | 0, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<Pointer | 0> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new RefFace(this.#list.slice(from, to)) as this
  }
}

/** By kind of scalar: makes a list and its face. */
export const FACES = {
  i8: (heap: Heap) => new I8Face(new I8List(heap, 'i8', Int8Array)),
  u8: (heap: Heap) => new U8Face(new U8List(heap, 'u8', Uint8Array)),
  i16: (heap: Heap) => new I16Face(new I16List(heap, 'i16', Int16Array)),
  u16: (heap: Heap) => new U16Face(new U16List(heap, 'u16', Uint16Array)),
  i32: (heap: Heap) => new I32Face(new I32List(heap, 'i32', Int32Array)),
  u32: (heap: Heap) => new U32Face(new U32List(heap, 'u32', Uint32Array)),
  f32: (heap: Heap) => new F32Face(new F32List(heap, 'f32', Float32Array)),
  f64: (heap: Heap) => new F64Face(new F64List(heap, 'f64', Float64Array)),
  i64: (heap: Heap) => new I64Face(new I64List(heap, 'i64', BigInt64Array)),
  u64: (heap: Heap) => new U64Face(new U64List(heap, 'u64', BigUint64Array)),
  bool: (heap: Heap) => new BoolFace(new BoolList(heap, 'bool', Uint8Array)),
  ref: (heap: Heap) => new RefFace(new RefList(heap, 'ref', Int32Array)),
} as const
// </written>
