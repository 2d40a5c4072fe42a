/** A `.heapprofile` of a debug heap has all that one of V8 has, and nothing of another type. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DebugHeap } from '../../lib/debug'
import type { HeapProfile } from '../../lib/debug/heap-profile'

/** What this Node writes by `--heap-prof`. */
function ofNode(): HeapProfile {
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-heap-prof-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = 'const kept = []; for (let i = 0; i < 1e5; i++) kept.push({ i })'
  execFileSync(process.execPath, [
    '--heap-prof',
    '--heap-prof-interval=4096',
    `--heap-prof-dir=${folder}`,
    '-e',
    program,
  ])
  const [file] = readdirSync(folder)
  return JSON.parse(readFileSync(path.join(folder, file!), 'utf8')) as HeapProfile
}

/** What `ebb` writes of blocks from two places. */
function ofEbb(): HeapProfile {
  using heap = new DebugHeap()
  const allocate = (count: number) => Array.from({ length: count }, () => heap.alloc(100))
  for (const pointer of [...allocate(3), heap.alloc(24)]) expect(heap.isLive(pointer)).toBe(true)
  return JSON.parse(heap.snapshot().toHeapProfile()) as HeapProfile
}

/** Each name in a value with the types it has there; elements of an array are one. */
function typesIn(value: unknown, at = '', found = new Set<string>()): Set<string> {
  const isList = Array.isArray(value)
  found.add(`${at}: ${isList ? 'array' : Number.isInteger(value) ? 'integer' : typeof value}`)
  if (typeof value !== 'object' || value === null) return found
  // Children are nodes, as the head is.
  for (const [name, inner] of Object.entries(value))
    typesIn(inner, isList ? at.replace(/\.children$/, '') : `${at}.${name}`, found)
  return found
}

/** Bytes of the samples of each node that has some, and the bytes that the node says. */
function sums({ head, samples }: HeapProfile): (readonly [bySamples: number, self: number])[] {
  const bySamples = new Map<number, number>()
  for (const { nodeId, size } of samples) bySamples.set(nodeId, (bySamples.get(nodeId) ?? 0) + size)
  const nodes = [head]
  for (const node of nodes) nodes.push(...node.children)
  return nodes.map(({ id, selfSize }) => [bySamples.get(id) ?? 0, selfSize] as const).filter(([, self]) => self > 0)
}

it('has the names and types of one that this Node writes', () => {
  expect([...typesIn(ofEbb())].sort()).toEqual([...typesIn(ofNode())].sort())
})

it('has as many bytes in its samples as in its nodes, as V8 has but for what it rounds', () => {
  const ours = sums(ofEbb())
  expect(ours.length).toBe(2)
  for (const [bySamples, self] of ours) expect(bySamples).toBe(self)
  const [bySamples, self] = sums(ofNode()).reduce((all, one) => [all[0] + one[0], all[1] + one[1]] as const)
  expect(Math.abs(bySamples / self - 1)).toBeLessThan(0.2)
})
