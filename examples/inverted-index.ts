/**
 * An inverted index over a real text, this project's own documents: from each word to the places where it stands. Words are keys of a Dict,
 * places two Lists of integers in which those of one word are chained; nothing of it is an object of JavaScript.
 *
 *     node build/js/examples/inverted-index.js [folder] [words ...]
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Heap, i32 } from 'ebb'
import { Dict, List, str } from 'ebb/collections'

const root = path.dirname(require.resolve('ebb/package.json'))
const [folder = path.join(root, 'docs'), ...sought] = process.argv.slice(2)

const heap = new Heap({ name: 'index' })
/** The place of each word that was found last: an index in the lists. */
const last = new Dict(heap, { key: str, value: i32 })
/** By place: the line it is on, counted through all files, and the place of the same word before it; -1: none. */
const lines = new List(heap, i32)
const before = new List(heap, i32)

const texts: { file: string; lines: string[]; first: number }[] = []
let count = 0
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  const text = readFileSync(path.join(folder, file), 'utf8').split('\n')
  texts.push({ file, lines: text, first: count })
  for (const line of text) {
    for (const [word] of line.toLowerCase().matchAll(/\p{L}+/gu)) {
      before.push(last.getOr(word, -1))
      last.set(word, lines.push(count) - 1)
    }
    count++
  }
}

/** Lines that hold a word, the last first. */
function* linesWith(word: string): Generator<number> {
  let shown = -1
  for (let place = last.getOr(word, -1); place >= 0; place = before.get(place)) {
    const line = lines.get(place)
    if (line !== shown) yield line
    shown = line
  }
}

/** Lines that hold all of the words. */
function search(words: readonly string[]): number[] {
  const [found, ...others] = words.map((word) => new Set(linesWith(word)))
  return [...(found ?? [])].filter((line) => others.every((other) => other.has(line))).reverse()
}

const held = last.byteLength + lines.byteLength + before.byteLength
console.log(`${lines.length} words, ${last.size} of them different, in ${count} lines of ${texts.length} files`)
console.log(`index: ${(held / 2 ** 20).toFixed(2)} MiB, ${(held / lines.length).toFixed(1)} bytes a word`)

const words = sought.length > 0 ? sought.map((word) => word.toLowerCase()) : ['resident', 'memory']
const found = search(words)
for (const line of found.slice(0, 5)) {
  const { file, lines: text, first } = texts.filter((one) => one.first <= line).at(-1) as (typeof texts)[number]
  console.log(`${file}:${line - first + 1}: ${(text[line - first] as string).trim().slice(0, 90)}`)
}
const all = texts.flatMap(({ lines: text }) => text)
const expected = all.filter((line) => {
  const there = new Set(Array.from(line.toLowerCase().matchAll(/\p{L}+/gu), ([word]) => word))
  return words.every((word) => there.has(word))
})
if (expected.length !== found.length)
  throw new Error(`${expected.length} lines hold the words, ${found.length} were found`)
console.log(`${found.length} lines hold ${words.join(' and ')}, as a search without the index says`)
heap.close()
