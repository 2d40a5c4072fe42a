/**
 * Internal waste: what a request costs above its bytes, for log-uniform sizes from 16 bytes to 32 KiB, in ebb and in native
 * allocators asked for the same sizes. For ebb all of it is counted: usable minus requested, what is left over behind the last
 * block of a run, and the ledgers. Of the others `malloc_usable_size` is all that can be asked: their headers and their books are
 * not in it, so the comparison is in their favour.
 *
 *     node build/js/bench/sizes/waste.js [--quick] [--docs]       --docs writes the table and the plot into docs/
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Heap, type Pointer } from 'ebb'
import { FREE_POOLS_MAX, POOL_BYTES, POOLS_PER_ARENA } from '../../lib/base/layout'
import { writeDocument } from '../common/document'
import { describeMachine, machineLine, writeJson } from '../common/machine'
import { projectRoot } from '../common/root'
import { table } from '../common/table'
import { saveChart } from '../graphs/chart'
import { lineChart, type Point } from '../graphs/lines'
import { isInstalled, nativePeers, PeerProcess, peerLine } from '../peers/peers'
import { uniform } from '../workloads/random'

const FROM = 16
const TO = 32 * 1024
/** On average over all the requests, as a share of the bytes requested. */
const BOUND = 0.15
const PEERS = ['jemalloc', 'mimalloc', 'glibc']

const isQuick = process.argv.includes('--quick')
const REQUESTS = isQuick ? 20_000 : 200_000
const CURVE_POINTS = isQuick ? 60 : 500

/** Seeded, uniform in the logarithm. */
function drawSizes(count: number): number[] {
  const random = uniform(2026)
  return Array.from({ length: count }, () => Math.min(TO, Math.floor(FROM * (TO / FROM) ** random())))
}

interface Cost {
  readonly requested: number
  readonly usable: number
  /** Behind the last blocks of runs, and ledgers: bytes. */
  readonly tails: number
  readonly ledgers: number
  /** Bytes of whole arenas. */
  readonly mapped: number
}

/** All sizes at once in a heap of their own. */
function costOfEbb(sizes: readonly number[]): Cost {
  const heap = new Heap({ decay: Infinity })
  let requested = 0
  for (const size of sizes) {
    heap.alloc(size)
    requested += size
  }
  const { liveBytes, slackBytes, ledgerBytes, bookBytes, mappedBytes } = heap.stats()
  heap.close()
  return {
    requested,
    usable: liveBytes,
    tails: slackBytes,
    ledgers: ledgerBytes + bookBytes,
    mapped: mappedBytes + bookBytes,
  }
}

const wasteOf = ({ requested, usable, tails, ledgers }: Cost): number =>
  (usable - requested + tails + ledgers) / requested

/** What one request costs in the long run: its share of a full run, and that run's share of the ledger. */
function curveOfEbb(sizes: readonly number[]): { usable: Point[]; all: Point[] } {
  const heap = new Heap({ decay: Infinity })
  const usable: Point[] = []
  const all: Point[] = []
  for (const size of sizes) {
    const pointer = heap.alloc(size) as Pointer
    const share = heap.stats().classes.find(({ blocks }) => blocks > 0)
    const block = heap.usableSize(pointer)
    usable.push([size, (100 * (block - size)) / size])
    if (share !== undefined) {
      const perBlock = (share.pools * POOL_BYTES) / (share.blocks + share.freeBlocks)
      all.push([size, 100 * ((perBlock * POOLS_PER_ARENA) / FREE_POOLS_MAX / size - 1)])
    }
    heap.free(pointer)
  }
  heap.close()
  return { usable, all }
}

interface PeerWaste {
  readonly name: string
  readonly total: number
  readonly octaves: number[]
  readonly curve: Point[]
}

async function wasteOfPeers(octaves: readonly (readonly number[])[], curve: readonly number[]): Promise<PeerWaste[]> {
  const folder = join(projectRoot(), 'out')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'waste-sizes.txt')
  const wastes: PeerWaste[] = []
  for (const peer of nativePeers()) {
    if (!isInstalled(peer) || !PEERS.includes(peer.name)) {
      if (PEERS.includes(peer.name)) console.log(`no ${peer.name}: ${isInstalled(peer) ? '' : peer.missing}`)
      continue
    }
    const child = new PeerProcess(peer)
    const waste = async (sizes: readonly number[]): Promise<number> => {
      writeFileSync(file, `${sizes.join('\n')}\n`)
      const { requested, usable } = await child.usable(file)
      return usable / requested - 1
    }
    const total = await waste(octaves.flat())
    const shares: number[] = []
    for (const sizes of octaves) shares.push(await waste(sizes))
    const points: Point[] = []
    for (const size of curve) points.push([size, 100 * (await waste([size]))])
    await child.close()
    wastes.push({ name: peer.name, total, octaves: shares, curve: points })
  }
  return wastes
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const bytes = (count: number): string => (count >= 1024 ? `${count / 1024} KiB` : `${count} B`)

async function main(): Promise<void> {
  const sizes = drawSizes(REQUESTS)
  const octaves: number[][] = []
  for (let low = FROM; low < TO; low *= 2) octaves.push(sizes.filter((size) => size >= low && size < low * 2))
  const curve = Array.from({ length: CURVE_POINTS }, (_, i) =>
    Math.round(FROM * (TO / FROM) ** (i / (CURVE_POINTS - 1))),
  )
  const peers = await wasteOfPeers(octaves, curve)
  const machine = describeMachine()
  const total = costOfEbb(sizes)
  const row = (label: string, cost: Cost, others: readonly number[]): string[] => [
    label,
    percent((cost.usable - cost.requested) / cost.requested),
    percent(cost.tails / cost.requested),
    percent(cost.ledgers / cost.requested),
    percent(wasteOf(cost)),
    ...others.map(percent),
  ]
  const names = peers.map(({ name }) => `${name}, usable`)
  const rows = table(
    ['requests', 'ebb: usable', 'run tails', 'ledgers', 'ebb, all', ...names],
    [
      ...octaves.map((list, i) =>
        row(
          `${bytes(FROM * 2 ** i)} to ${bytes(FROM * 2 ** (i + 1))}`,
          costOfEbb(list),
          peers.map((peer) => peer.octaves[i] as number),
        ),
      ),
      row(
        `all ${sizes.length.toLocaleString('en-US')}`,
        total,
        peers.map((peer) => peer.total),
      ),
    ],
  )
  const waste = wasteOf(total)
  const verdict = `bound: at most ${percent(BOUND)} over all requests: ${waste <= BOUND ? 'held' : 'MISSED'}, ${percent(waste)}`
  console.log(`${machineLine(machine)}\n${peerLine(nativePeers())}\n\nwaste, as a share of the bytes requested\n`)
  console.log(`${rows}\n\n${verdict}`)
  console.log(`mapped / requested: ${(total.mapped / total.requested).toFixed(3)} (whole arenas, all of them in use)`)
  writeJson('waste', {
    machine,
    requests: sizes.length,
    total,
    waste,
    bound: BOUND,
    peers: peers.map(({ curve: _, ...peer }) => peer),
  })

  const ebb = curveOfEbb(curve)
  const chart = lineChart({
    title: 'Waste by request size',
    subtitle: 'percent of the bytes requested; lower is better',
    xLabel: 'bytes requested',
    yLabel: 'waste, %',
    xScale: 'log',
    series: [
      { name: 'ebb, with run tails and ledger', points: ebb.all, role: 'ebb' },
      { name: 'ebb, usable size', points: ebb.usable, role: 'ebb', isDashed: true },
      ...peers.map(({ name, curve: points }) => ({ name: `${name}, usable size`, points })),
    ],
    caption: `${machineLine(machine)}. Of the native allocators only malloc_usable_size can be asked: their headers and books are not in it.`,
  })
  const isForDocs = process.argv.includes('--docs')
  const files = await saveChart('out/waste', chart, isForDocs ? 'waste' : undefined)
  if (isForDocs) writeDocument('sizes.md', 'waste', `${rows}\n\n${verdict}.\n\n${machineLine(machine)}.`)
  console.log(`\n${files.join('\n')}`)
  if (waste > BOUND) process.exitCode = 1
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
