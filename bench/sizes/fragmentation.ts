/**
 * What small pools that lie scattered do to medium runs. Arenas are filled with small blocks; then whole pools are freed at random until
 * a share of them is left; then medium blocks are asked for, as many as the free pools could hold, and it is counted how many of them
 * find a run in the arenas that are mapped and how many make the heap map another.
 *
 *     node build/js/bench/sizes/fragmentation.js [--quick]
 */
import { Heap, type Pointer } from 'ebb'
import { FREE_POOLS_MAX, POOL_BYTES } from '../../lib/base/layout'
import { describeMachine, machineLine, writeJson } from '../common/machine'
import { uniform } from '../workloads/random'

const isQuick = process.argv.includes('--quick')
const ARENAS = isQuick ? 16 : 128
const SMALL_BYTES = 64
const SHARES = [0.05, 0.1, 0.25, 0.5]
const MEDIUM = [1280, 4096, 8192, 16_384, 32_768]

interface Row {
  readonly keptShare: number
  readonly mediumBytes: number
  readonly asked: number
  readonly placed: number
  readonly compacted: number
  readonly mappedBytes: number
  readonly liveBytes: number
}

/** A heap whose arenas hold small pools at random places, the rest of each free. */
function scatter(share: number): Heap {
  const random = uniform(1)
  const heap = new Heap({ decay: Infinity })
  const perPool = POOL_BYTES / SMALL_BYTES
  const pools: Pointer[][] = []
  for (let pool = 0; pool < ARENAS * FREE_POOLS_MAX; pool++) {
    pools.push(Array.from({ length: perPool }, () => heap.alloc(SMALL_BYTES)))
  }
  for (const blocks of pools) if (random() >= share) heap.freeMany(blocks)
  return heap
}

/** Asks for medium blocks as long as none makes the heap map an arena; how many were placed. */
function place(heap: Heap, byteLength: number, asked: number): number {
  const { maps } = heap.stats()
  for (let placed = 0; placed < asked; placed++) {
    heap.alloc(byteLength)
    if ((placed & 15) === 15 || placed === asked - 1) {
      if (heap.stats().maps !== maps) return placed & ~15
    }
  }
  return asked
}

/** Blocks of `byteLength` bytes that the free pools would hold if they lay side by side. */
function roomFor(heap: Heap, byteLength: number): number {
  const probe = new Heap({ decay: Infinity })
  const pointer = probe.alloc(byteLength)
  const { classes } = probe.stats()
  const { pools, blocks, freeBlocks } = classes[0] as (typeof classes)[number]
  probe.free(pointer)
  probe.close()
  return Math.floor((heap.stats().freePools / pools) * (blocks + freeBlocks))
}

function measure(keptShare: number, mediumBytes: number): Row {
  const heap = scatter(keptShare)
  const asked = roomFor(heap, mediumBytes)
  const placed = place(heap, mediumBytes, asked)
  for (let more = placed; more < asked; more++) heap.alloc(mediumBytes)
  const { mappedBytes, liveBytes } = heap.stats()
  heap.close()
  const moved = scatter(keptShare)
  moved.compact(() => {})
  const before = moved.stats().mappedBytes
  for (let i = 0; i < asked; i++) moved.alloc(mediumBytes)
  const compacted = moved.stats().mappedBytes
  moved.close()
  return { keptShare, mediumBytes, asked, placed, mappedBytes, liveBytes, compacted: Math.max(before, compacted) }
}

function main(): void {
  const machine = describeMachine()
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(8)
  console.log(
    `${machineLine(machine)}\n\n${ARENAS} arenas of small pools, a share of them kept at random places; medium blocks for all the room that is free.`,
  )
  console.log('A small pool that is kept splits the free pools of its arena: the more of them, the fewer long runs.\n')
  console.log('kept    block     asked   placed before a new arena   mapped MiB   live MiB   mapped, compacted first')
  const rows: Row[] = []
  for (const share of SHARES) {
    for (const mediumBytes of MEDIUM) {
      const row = measure(share, mediumBytes)
      rows.push(row)
      console.log(
        `${`${share * 100} %`.padStart(5)}${String(mediumBytes).padStart(8)}${String(row.asked).padStart(10)}${String(row.placed).padStart(10)} ` +
          `${`(${((100 * row.placed) / row.asked).toFixed(0)} %)`.padStart(8)}${mib(row.mappedBytes).padStart(22)}${mib(row.liveBytes).padStart(11)}${mib(row.compacted).padStart(18)}`,
      )
    }
  }
  console.log(`\n${writeJson('fragmentation', { machine, arenas: ARENAS, rows })}`)
}

main()
