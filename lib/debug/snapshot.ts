/** Live blocks by where they were allocated: a snapshot, the difference of two, and the files that tools open. */
import { show, typeError } from '../base/errors'
import { toHeapProfile } from './heap-profile'
import { toPprof } from './pprof'

/** The live blocks that one stack allocated. */
export interface Leak {
  /** The innermost call: `'load (/app/users.js:12:20)'`; `''` where stacks were not kept. */
  readonly site: string
  /** All of its calls, the innermost first. */
  readonly stack: readonly string[]
  readonly blocks: number
  /** Bytes that were asked for. */
  readonly bytes: number
}

/** Groups that text shows. */
const SHOWN = 10

/** What is live in a heap at a moment. */
export class Snapshot {
  /** The heap's name, as messages have it. */
  readonly heap: string
  /** Live blocks, and the bytes that were asked for; estimates where the heap was sampled. */
  blocks = 0
  bytes = 0
  /** By where they were allocated, most bytes first. */
  leaks: readonly Leak[] = []
  private readonly groups = new Map<string, { stack: readonly string[]; blocks: number; bytes: number }>()

  /** @internal */
  constructor(name: string) {
    this.heap = name === '' ? 'a heap' : `heap ${JSON.stringify(name)}`
  }

  /** Counts blocks in. @internal */
  add(stack: readonly string[], blocks: number, bytes: number): void {
    const key = stack.join('\n')
    const group = this.groups.get(key) ?? { stack, blocks: 0, bytes: 0 }
    group.blocks += blocks
    group.bytes += bytes
    this.groups.set(key, group)
  }

  /** All are counted in. @internal */
  sorted(): this {
    this.leaks = [...this.groups.values()]
      .map(({ stack, blocks, bytes }) => ({
        site: stack[0] ?? '',
        stack,
        blocks: Math.round(blocks),
        bytes: Math.round(bytes),
      }))
      .sort((a, b) => b.bytes - a.bytes || b.blocks - a.blocks)
    this.blocks = this.leaks.reduce((sum, { blocks }) => sum + blocks, 0)
    this.bytes = this.leaks.reduce((sum, { bytes }) => sum + bytes, 0)
    return this
  }

  /**
   * What came since an earlier snapshot of the same heap, most bytes first; what went has negative numbers. Places with as much as before
   * are left out.
   * @throws TypeError for what is no snapshot
   */
  since(before: Snapshot): readonly Leak[] {
    if (!Array.isArray((before as Snapshot | undefined)?.leaks))
      throw typeError(`ebb: since needs an earlier snapshot() of the heap, got ${show(before)} (${typeof before})`)
    const change = new Snapshot('')
    for (const { stack, blocks, bytes } of this.leaks) change.add(stack, blocks, bytes)
    for (const { stack, blocks, bytes } of before.leaks) change.add(stack, -blocks, -bytes)
    return change.sorted().leaks.filter(({ blocks, bytes }) => blocks !== 0 || bytes !== 0)
  }

  /** The text of a `.heapprofile`, which Chrome's DevTools open (Memory, Load profile). */
  toHeapProfile(): string {
    return JSON.stringify(toHeapProfile(this.leaks))
  }

  /** A profile for pprof, not compressed: `go tool pprof -http=: FILE`. */
  toPprof(): Uint8Array {
    return toPprof(this.leaks)
  }

  /** A line for all, and the places with most bytes. */
  toString(): string {
    const lines = [`${count(this.blocks, 'block')} of ${count(this.bytes, 'byte')}`]
    for (const { stack, blocks, bytes } of this.leaks.slice(0, SHOWN)) {
      const [first = '(stacks were not kept)', ...rest] = stack
      lines.push(`  ${count(blocks, 'block')}, ${count(bytes, 'byte')}: ${first}`, ...rest.map((line) => `    ${line}`))
    }
    if (this.leaks.length > SHOWN) lines.push(`  and ${count(this.leaks.length - SHOWN, 'place')} more`)
    return lines.join('\n')
  }
}

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`
