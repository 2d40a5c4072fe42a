/**
 * Child side: loads one module, and tells what that cost in a line of JSON. It requires nothing of the bench itself: what a process has loaded
 * and compiled before changes both the time and the memory.
 *
 *     node build/js/bench/load/child.js MODULE [--heap]
 */
import { readFileSync } from 'node:fs'

/** What loading a module cost. Bytes are growth of the resident set: of all, of the process's own pages, of pages of files. */
export interface Loaded {
  readonly ms: number
  readonly resident: number
  readonly own: number
  readonly files: number
}

/** [own pages, pages of files], bytes. Elsewhere than on Linux all count as own. */
function memory(): readonly [number, number] {
  if (process.platform !== 'linux') return [process.memoryUsage.rss(), 0]
  const status = readFileSync('/proc/self/status', 'latin1')
  const field = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
  return [field('RssAnon') + field('RssShmem'), field('RssFile')]
}

/** @param withHeap - makes a heap and its first block, too */
function load(name: string, withHeap: boolean): Loaded {
  // Both read and compile what they need themselves; the getter of `performance` loads a module of Node.
  memory()
  performance.now()
  const [ownBefore, filesBefore] = memory()
  const start = performance.now()
  const loaded = require(name)
  if (withHeap) new loaded.Heap().alloc(48)
  const ms = performance.now() - start
  const [own, files] = memory()
  return { ms, resident: own + files - ownBefore - filesBefore, own: own - ownBefore, files: files - filesBefore }
}

const [name = '', option] = process.argv.slice(2)
console.log(JSON.stringify(load(name, option === '--heap')))
