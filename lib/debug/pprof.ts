/**
 * pprof's form of a profile: the messages of google/pprof's proto/profile.proto, in the encoding of protocol buffers. Numbers here are
 * below 2^53, so they are written as varints of JavaScript numbers.
 */
import type { Leak } from './snapshot'
import { parseFrame } from './traces'

const VARINT = 0
const BYTES = 2

/** A message under construction. */
class Message {
  private readonly parts: number[] = []

  /** A field with a number from 0; 0 is what a missing one reads as. */
  number(field: number, value: number): this {
    if (value === 0) return this
    this.varint(field * 8 + VARINT)
    this.varint(value)
    return this
  }

  /** A field with numbers, each written, zeros too. */
  packed(field: number, values: readonly number[]): this {
    const inner = new Message()
    for (const value of values) inner.varint(value)
    return this.bytes(field, inner.parts)
  }

  message(field: number, message: Message): this {
    return this.bytes(field, message.parts)
  }

  text(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text))
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.parts)
  }

  private bytes(field: number, bytes: ArrayLike<number>): this {
    this.varint(field * 8 + BYTES)
    this.varint(bytes.length)
    for (let i = 0; i < bytes.length; i++) this.parts.push(bytes[i] as number)
    return this
  }

  private varint(value: number): void {
    let rest = Math.max(0, value)
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.parts.push((rest % 128) | 0x80)
    this.parts.push(rest)
  }
}

/** Things that are written once and named by a number from 1 on. */
class Numbered {
  private readonly numbers = new Map<string, number>()

  /** Its number; where it is new, `made` is told. */
  of(key: string, made: (number: number) => void): number {
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    const number = this.numbers.size + 1
    this.numbers.set(key, number)
    made(number)
    return number
  }
}

/** Fields of profile.proto. */
const PROFILE = {
  sampleType: 1,
  sample: 2,
  location: 4,
  fn: 5,
  strings: 6,
  time: 9,
  periodType: 11,
  period: 12,
  main: 14,
}
const VALUE_TYPE = { type: 1, unit: 2 }
const SAMPLE = { locations: 1, values: 2 }
const LOCATION = { id: 1, line: 4 }
const LINE = { fn: 1, line: 2 }
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4 }

/** @param timeMs - when the profile was taken, ms since the Unix epoch */
export function toPprof(leaks: readonly Leak[], timeMs = Date.now()): Uint8Array {
  const profile = new Message()
  const texts: string[] = ['']
  const strings = new Numbered()
  const textOf = (text: string): number => (text === '' ? 0 : strings.of(text, () => texts.push(text)))
  const valueType = (type: string, unit: string): Message =>
    new Message().number(VALUE_TYPE.type, textOf(type)).number(VALUE_TYPE.unit, textOf(unit))
  profile.message(PROFILE.sampleType, valueType('inuse_objects', 'count'))
  profile.message(PROFILE.sampleType, valueType('inuse_space', 'bytes'))
  const locations = new Numbered()
  const functions = new Numbered()
  const locationOf = (call: string): number =>
    locations.of(call, (id) => {
      const { name, file, line } = parseFrame(call)
      const fn = functions.of(`${name}\n${file}`, (number) => {
        const shown = textOf(name === '' ? '(anonymous)' : name)
        const message = new Message().number(FUNCTION.id, number).number(FUNCTION.name, shown)
        profile.message(PROFILE.fn, message.number(FUNCTION.systemName, shown).number(FUNCTION.file, textOf(file)))
      })
      const place = new Message().number(LINE.fn, fn).number(LINE.line, line)
      profile.message(PROFILE.location, new Message().number(LOCATION.id, id).message(LOCATION.line, place))
    })
  for (const { stack, blocks, bytes } of leaks) {
    const calls = stack.length > 0 ? stack : ['(stacks were not kept)']
    const sample = new Message().packed(SAMPLE.locations, calls.map(locationOf))
    profile.message(PROFILE.sample, sample.packed(SAMPLE.values, [blocks, bytes]))
  }
  profile.number(PROFILE.time, Math.floor(timeMs) * 1e6)
  profile.message(PROFILE.periodType, valueType('space', 'bytes')).number(PROFILE.period, 1)
  for (const text of texts) profile.text(PROFILE.strings, text)
  return profile.finish()
}
