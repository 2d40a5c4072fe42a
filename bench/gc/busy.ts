/**
 * Child side: a busy JavaScript heap, in a runtime of its own (Node or Deno), with ebb loaded or without. Runs with `--trace-gc`, so it
 * tells accounting.ts what it measures on stderr, in lines of JSON.
 *
 *     node --trace-gc build/js/bench/gc/busy.js MEGABYTES REPLACED [LIBRARY]
 */
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Ebb from 'ebb'
import { generator } from '../workloads/random'

/** What a child tells. */
export interface Told {
  /** process.memoryUsage().external after the library was loaded and one heap made (with ebb), or at once (without). Bytes. */
  readonly external: number
  /** Of all threads, those of the collector included. */
  readonly cpuSeconds: number
}

/** Bytes of one node, its inner object, and its place in the list. */
const NODE_BYTES = 48 + 32 + 8

interface Node {
  readonly id: number
  readonly shared: object
  readonly inner: { readonly tag: number }
}

/** What the block of the heap holds. */
const MARK = 0x0ebb

/** Loads the library and makes one heap with one block, which lives on; gives a reader of the block. */
function openHeap(library: string): () => number {
  const { Heap } = createRequire(__filename)(library) as typeof Ebb
  const heap = new Heap()
  const block = heap.alloc(48)
  heap.setInt32(block, 0, MARK)
  return () => heap.getInt32(block, 0)
}

/** Fills the heap with objects, then replaces random ones: what is replaced has grown old, so only a mark-compact takes it away. */
function work(megabytes: number, replaced: number): Node[] {
  const random = generator(1)
  const shared = Array.from({ length: 1024 }, (_, id) => ({ id }))
  const make = (id: number): Node => ({ id, shared: shared[id & 1023]!, inner: { tag: id & 7 } })
  const nodes = Array.from({ length: Math.ceil((megabytes * 1e6) / NODE_BYTES) }, (_, id) => make(id))
  for (let i = 0; i < replaced; i++) nodes[random(nodes.length)] = make(i)
  return nodes
}

const [megabytes, replaced, library] = process.argv.slice(2)
const readBlock = library === undefined ? () => MARK : openHeap(library)
/** Not by console.error: on a pipe that loads streams, and leaves 86 KB of garbage of its own. */
const tell = (told: Partial<Told>): void => void writeSync(2, `${JSON.stringify(told)}\n`)
tell({ external: process.memoryUsage().external })
const nodes = work(Number(megabytes), Number(replaced))
if (nodes.length === 0 || readBlock() !== MARK) throw new Error('what was to live on is gone')
const { user, system } = process.cpuUsage()
tell({ cpuSeconds: (user + system) / 1e6 })
