/**
 * A JSON document of 50 MB held off the heap: an array of records, each a tree in a block of its own, which V8 neither marks nor moves.
 * A record becomes an object when it is asked for.
 *
 *     node --expose-gc build/js/examples/json-off-heap.js [megabytes]
 */
import { Heap, i32 } from 'ebb'
import { Dict, List, str, value } from 'ebb/collections'

interface Person {
  readonly id: number
  readonly name: string
  readonly tags: readonly string[]
  readonly address: { readonly street: string; readonly zip: number; readonly at: readonly [number, number] }
  readonly active: boolean
  readonly note: string | null
}

const TAGS = ['new', 'regular', 'abroad', 'trade', 'press', 'blocked']

const personOf = (id: number): Person => ({
  id,
  name: `Person ${id} of the list`,
  tags: TAGS.filter((_, index) => (id >> index) & 1),
  address: {
    street: `Street ${id % 977}`,
    zip: 10_000 + (id % 89_999),
    at: [53 + (id % 1000) / 997, 8 + (id % 500) / 499],
  },
  active: id % 3 !== 0,
  note: id % 10 === 0 ? `Grüße, ${id}` : null,
})

const wanted = Number(process.argv[2] ?? 50) * 1e6
const heap = new Heap({ name: 'json' })
const people = new List(heap, value)
const byName = new Dict(heap, { key: str, value: i32 })
let written = 2
// The document comes line by line, as from a file that is too large to be parsed at once.
for (let id = 0; written < wanted; id++) {
  const line = JSON.stringify(personOf(id))
  written += line.length + 1
  const person = JSON.parse(line) as Person
  byName.set(person.name, people.push(person as never) - 1)
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
globalThis.gc?.()
console.log(
  `${(written / 1e6).toFixed(1)} MB of JSON, ${people.length} records: ${mebibytes(people.byteLength)} off the heap`,
)
console.log(`index by name: ${mebibytes(byName.byteLength)}; V8's heap: ${mebibytes(process.memoryUsage().heapUsed)}`)

for (let id = 0; id < people.length; id += 997) {
  const found = people.get(byName.getOr(`Person ${id} of the list`, -1))
  if (JSON.stringify(found) !== JSON.stringify(personOf(id))) throw new Error(`record ${id} is another now`)
}
console.log('records come back as they were')

people.length = Math.floor(people.length / 10)
heap.purge()
console.log(
  `a tenth left: ${mebibytes(people.byteLength)} held, ${mebibytes(heap.residentBytes())} resident with the index`,
)
heap.close()
