/**
 * JavaScript's part of talk.ts: `node talk-child.js plain|collected|ebb` makes integers, floats, lists and dicts when told to, holds
 * them, and drops them. In plain JavaScript they are the elements of an Array; in ebb those of a List.
 */
import { createInterface } from 'node:readline'
import { f64, Heap, i32 } from 'ebb'
import { List, value } from 'ebb/collections'

interface Holder {
  make(kind: string, from: number, to: number): void
  drop(): void
}

class Plain implements Holder {
  private held: unknown[] = []

  make(kind: string, from: number, to: number): void {
    const { held } = this
    if (kind === 'integers') for (let i = from; i < to; i++) held.push(i + 1000)
    else if (kind === 'floats') for (let i = from; i < to; i++) held.push(i + 0.5)
    else if (kind === 'lists') for (let i = from; i < to; i++) held.push([i, i + 1, i + 2])
    else for (let i = from; i < to; i++) held.push({ id: i, next: i + 1 })
  }

  drop(): void {
    this.held = []
  }
}

class Collected extends Plain {
  override drop(): void {
    super.drop()
    globalThis.gc?.()
  }
}

class Ebb implements Holder {
  private readonly heap = new Heap({ name: 'talk' })
  private held: List<never> | undefined

  make(kind: string, from: number, to: number): void {
    if (kind === 'integers') this.add(i32, from, to, (i) => i + 1000)
    else if (kind === 'floats') this.add(f64, from, to, (i) => i + 0.5)
    else if (kind === 'lists') this.add(value, from, to, (i) => [i, i + 1, i + 2])
    else this.add(value, from, to, (i) => ({ id: i, next: i + 1 }))
  }

  drop(): void {
    this.held?.close()
    this.held = undefined
  }

  private add(kind: typeof i32 | typeof value, from: number, to: number, make: (i: number) => unknown): void {
    this.held ??= new List(this.heap, kind) as unknown as List<never>
    for (let i = from; i < to; i++) this.held.push(make(i) as never)
  }
}

const holders = { plain: Plain, collected: Collected, ebb: Ebb }
const holder = new holders[process.argv[2] as keyof typeof holders]()

createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb, kind, from, to] = line.split(' ') as [string, string, string, string]
  const start = process.hrtime.bigint()
  if (verb === 'make') holder.make(kind, Number(from), Number(to))
  else holder.drop()
  console.log(String(process.hrtime.bigint() - start))
})
