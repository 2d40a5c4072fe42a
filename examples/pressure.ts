/**
 * A cache that halves itself when memory is short. Who says so is the container's limit, the kernel or the service manager; so that there is
 * something to see on any machine, this program plays the service manager itself: systemd's protocol, over a socket.
 *
 *     node build/js/examples/pressure.js
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Heap } from 'ebb'
import { bytes, Cache, str } from 'ebb/collections'
import { onMemoryPressure, watchMemoryPressure } from 'ebb/pressure'

const MEGABYTE = 1e6

const heap = new Heap({ name: 'pages', decay: 60_000 })
const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 64 * MEGABYTE })
const page = Buffer.alloc(4000, 'page ')
for (let i = 0; cache.stats().evictions === 0; i++) cache.set(`page ${i}`, page)

const show = (): string =>
  `cache ${(cache.byteLength / MEGABYTE).toFixed(0)} MB, heap resident ${(heap.residentBytes() / MEGABYTE).toFixed(0)} MB`

function shrink(): void {
  cache.shrinkTo(cache.byteLength / 2)
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-manager-'))
  const path = join(folder, 'pressure')
  const manager = createServer((socket) => socket.end('memory is short'))
  if (process.platform !== 'win32') {
    await new Promise<void>((resolve) => manager.listen(path, resolve))
    process.env.MEMORY_PRESSURE_WATCH = path
  }
  console.log(`before: ${show()}`)

  await new Promise<void>((resolve) => {
    const stop = onMemoryPressure(({ level, source }) => {
      shrink()
      stop()
      // The heaps are purged when all listeners have been told.
      setImmediate(() => {
        console.log(`${level} by ${source}`)
        resolve()
      })
    })
    const watch = watchMemoryPressure()
    if (watch.sources.length === 0) {
      console.log('nobody tells here')
      shrink()
      heap.purge()
      stop()
      resolve()
    }
    watch.close()
  })

  console.log(`after: ${show()}`)
  manager.close()
  rmSync(folder, { recursive: true, force: true })
  heap.close()
}

void main()
