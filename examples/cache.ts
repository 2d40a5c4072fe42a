/**
 * A cache in front of a slow function: pages are made once, held off the heap in at most 64 MB, and when the cache is told to shrink, the
 * resident set shrinks with it.
 *
 *     node build/js/examples/cache.js [requests]
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Heap } from 'ebb'
import { bytes, Cache, str } from 'ebb/collections'
import { sampleRss } from 'ebb/rss'

const PAGES = 60_000
const MEGABYTE = 1e6

/** Some kilobytes that take a while to make. */
function render(page: string): Uint8Array {
  const digest = createHash('sha512').update(page).digest('hex')
  return Buffer.from(`<h1>${page}</h1>${digest.repeat(8 + (digest.charCodeAt(0) & 15))}`)
}

const heap = new Heap({ name: 'pages', decay: 200, compact: 'idle' })
const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 64 * MEGABYTE })

function pageOf(name: string): Uint8Array {
  const known = cache.get(name)
  if (known !== undefined) return known
  const made = render(name)
  cache.set(name, made)
  return made
}

const megabytes = (count: number): string => `${(count / MEGABYTE).toFixed(1)} MB`

async function main(): Promise<void> {
  const requests = Number(process.argv[2] ?? 200_000)
  const before = sampleRss().resident
  let random = 1
  for (let request = 0; request < requests; request++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    // Some pages are asked for far more often than others.
    const name = `page ${Math.floor((random / 2 ** 32) ** 3 * PAGES)}`
    const page = pageOf(name)
    if (page[0] !== 60) throw new Error(`${name} is not what was made`)
  }
  const { hits, misses, evictions } = cache.stats()
  console.log(`${requests} requests: ${Math.round((100 * hits) / (hits + misses))} % hits, ${evictions} evictions`)
  for (const bound of [64, 32, 16, 8, 0]) {
    cache.shrinkTo(bound * MEGABYTE)
    await delay(1000) // nothing is called: the heap gives back by itself
    const { entries, bytes: held } = cache.stats()
    if (held > bound * MEGABYTE + MEGABYTE) throw new Error(`${held} bytes are held where ${bound} MB may be`)
    const grown = sampleRss().resident - before
    console.log(
      `${entries} pages, ${megabytes(held)}: heap resident ${megabytes(heap.residentBytes())}, process grown by ${megabytes(grown)}`,
    )
  }
  heap.close()
}

void main()
