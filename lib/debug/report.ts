/** What a debug heap says of a mistake: an error whose message a person can read, and whose fields a program can. */
import { HeapError, type HeapErrorCode, showPointer } from '../base/errors'
import type { Pointer } from '../base/layout'

/** What is known of a block. */
export interface BlockReport {
  readonly pointer: Pointer
  /** Bytes that were asked for. */
  readonly byteLength: number
  /** The how many-th block of its heap it is, from 1 on. */
  readonly serial: number
  /** Lines of the stack that allocated it, the innermost first; empty where it was not kept. */
  readonly allocated: readonly string[]
  /** Those of the stack that freed it; undefined for a live block. */
  readonly freed: readonly string[] | undefined
}

/** A mistake that a debug heap found. */
export class DebugError extends HeapError {
  /** The block that it is about, where one is known. */
  readonly block: BlockReport | undefined
  /** What `check()` found beside this one. */
  others: readonly DebugError[] = []

  /** @internal */
  constructor(code: HeapErrorCode, message: string, block?: BlockReport) {
    super(code, message)
    this.block = block
  }
}

const LABEL = 16

/** Lines under a label. */
function labelled(label: string, lines: readonly string[]): string[] {
  const shown = lines.length > 0 ? lines : ['(this stack was not kept: option debug.stacks)']
  return shown.map((line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${line}`)
}

/** What a message says of a block, from a new line on. */
export function storyOf({ pointer, byteLength, serial, allocated, freed }: BlockReport): string {
  const lines = [
    ...labelled('the block', [`${showPointer(pointer)}, number ${serial}, ${byteLength} bytes asked for`]),
    ...labelled('allocated at', allocated),
  ]
  if (freed !== undefined) lines.push(...labelled('freed at', freed))
  return `\n${lines.join('\n')}`
}

const DUMP_BYTES = 16
/** Lines of a dump before and behind that with the wrong byte. */
const DUMP_LINES = 2

const hex = (byte: number | undefined): string => (byte === undefined ? '  ' : byte.toString(16).padStart(2, '0'))
const character = (byte: number | undefined): string =>
  byte === undefined ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'

/**
 * Memory round a wrong byte, from a new line on: offsets from the block's start, bytes, characters. `>` stands before the wrong one.
 * @param byteAt - undefined for what is not to be shown
 */
export function dumpOf(byteAt: (offset: number) => number | undefined, wrong: number): string {
  const first = (Math.floor(wrong / DUMP_BYTES) - DUMP_LINES) * DUMP_BYTES
  const lines: string[] = []
  for (let start = first; start <= wrong + DUMP_LINES * DUMP_BYTES; start += DUMP_BYTES) {
    const bytes = Array.from({ length: DUMP_BYTES }, (_, i) => byteAt(start + i))
    if (bytes.every((byte) => byte === undefined)) continue
    const shown = bytes.map((byte, i) => `${start + i === wrong ? '>' : ' '}${hex(byte)}`).join('')
    const sign = start < 0 ? '-' : '+'
    lines.push(`${sign}${String(Math.abs(start)).padStart(5)} ${shown}  |${bytes.map(character).join('')}|`)
  }
  return `\n${labelled('memory', lines).join('\n')}`
}

/** Where a wrong byte lies, in words. */
export function placeOf(offset: number, byteLength: number, isFreed: boolean): string {
  if (offset < 0) return `${-offset} in front of the block`
  if (offset >= byteLength) return `${offset - byteLength + 1} behind the end of the block`
  return isFreed ? `${offset} of the freed block` : `${offset} of the block`
}
