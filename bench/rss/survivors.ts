/** What stays resident after a burst of which some blocks survive: the page floor, and below it by compaction. */

import { mib, table } from '../common/table'
import { type Bar, barChart } from '../graphs/bars'
import { saveChart } from '../graphs/chart'
import { liveAfter } from '../traces/live'
import { type Context, doing, floorBound, say, withFlat } from './context'
import { type Arm, allArms, type Driver, EBB, openArm } from './drivers'
import type { Compacted, HeapFigures } from './ebb-arm'
import { PROMISED, type Stretches, SURVIVORS } from './workloads'

/** Milliseconds of idling: half a second more than the default decay. */
const IDLE_MS = 1500

interface Row {
  readonly arm: string
  readonly role: string
  readonly missing?: string
  /** Growth of the resident set in bytes: with all blocks, after the drop, after idling, after gc() by hand (Node peers). */
  readonly peak: number
  readonly dropped: number
  readonly idle: number
  readonly collected?: number
  /** Change of the control group's charge from the peak to the idle moment, other processes of the group included. */
  readonly charge?: number
  readonly heap?: HeapFigures
  readonly compacted?: Compacted & { growth: number; liveBytes: number; ownResidentBytes: number }
}

export async function survivors(context: Context, names: readonly string[], arms = allArms()): Promise<void> {
  const results: Record<string, unknown> = {}
  for (const name of names) {
    const work = SURVIVORS[name]!()
    const live = liveAfter(work.trace, work.dropped)
    const rows = await withFlat(work.trace, (file) => rowsOf(work, file, arms))
    report(context, work, live, rows)
    results[name] = { about: work.about, liveBytes: live, rows }
    if (PROMISED.includes(name)) promise(context, name, rows)
    await chart(context, work, live, rows)
  }
  context.results.survivors = { ...(context.results.survivors as object), ...results }
}

async function rowsOf(work: Stretches, file: string, arms: readonly Arm[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const arm of arms) {
    doing(`${work.name}: ${arm.name}`)
    if (arm.missing !== undefined) {
      rows.push({ arm: arm.name, role: arm.role, missing: arm.missing, peak: 0, dropped: 0, idle: 0 })
      continue
    }
    const driver = await openArm(arm, file)
    try {
      rows.push(await measure(driver, work))
    } finally {
      await driver.close()
    }
  }
  return rows
}

async function measure(driver: Driver, { peak, dropped }: Stretches): Promise<Row> {
  const { arm } = driver
  await driver.run(0, peak)
  const high = driver.look()
  await driver.run(peak, dropped)
  const low = driver.look()
  await driver.idle(IDLE_MS)
  const idle = driver.look()
  const row: Row = {
    arm: arm.name,
    role: arm.role,
    peak: high.growth,
    dropped: low.growth,
    idle: idle.growth,
    ...(idle.charge === undefined ? {} : { charge: idle.charge - high.charge! }),
  }
  if (arm.node?.kind === 'ebb') return { ...row, ...(await belowTheFloor(driver)) }
  if (arm.node === undefined) return row
  await driver.ask({ do: 'collect' })
  await driver.idle(300)
  return { ...row, collected: driver.look().growth }
}

async function belowTheFloor(driver: Driver): Promise<Pick<Row, 'heap' | 'compacted'>> {
  const heap = await driver.ask({ do: 'figures' })
  const compacted = await driver.ask({ do: 'compact' })
  // The patterns and the check made garbage of their own in the JavaScript heap.
  await driver.ask({ do: 'collect' })
  await driver.idle(200)
  const { growth } = driver.look()
  const { liveBytes, ownResidentBytes } = await driver.ask({ do: 'figures' })
  return { heap, compacted: { ...compacted, growth, liveBytes, ownResidentBytes } }
}

function report(_: Context, work: Stretches, live: number, rows: readonly Row[]): void {
  say(`\n${work.name}: ${work.about}; ${mib(live)} MiB requested bytes stay. Growth of the resident set, MiB`)
  const lines = rows.map((row) =>
    row.missing !== undefined
      ? [row.arm, row.missing, '', '', '', '', '', '', '']
      : [
          row.arm,
          mib(row.peak),
          mib(row.dropped),
          mib(row.idle),
          row.heap ? mib(row.heap.floorBytes) : '',
          row.collected === undefined ? '' : mib(row.collected),
          row.compacted ? mib(row.compacted.growth) : '',
          row.compacted && row.compacted.moved > 0 ? ((1e6 * row.compacted.ms) / row.compacted.moved).toFixed(0) : '',
          row.charge === undefined ? '' : mib(row.charge),
        ],
  )
  const head = ['', 'peak', 'dropped', 'idle 1.5 s', 'page floor', 'gc() by hand', 'compact()', 'ns a move', 'cgroup*']
  say(table(head, lines))
}

function promise({ promises }: Context, name: string, rows: readonly Row[]): void {
  const row = rows.find(({ arm }) => arm === EBB.name)
  if (row?.heap === undefined || row.compacted === undefined) return
  const { floorBytes } = row.heap
  const { growth, liveBytes, ownResidentBytes, intact, blocks, ms, moved } = row.compacted
  promises.push(
    {
      name: `${name}: resident after 1.5 s of idling`,
      bound: `${mib(floorBound(floorBytes))} MiB (page floor ${mib(floorBytes)})`,
      measured: `${mib(row.idle)} MiB (own pages ${mib(row.heap.ownResidentBytes)})`,
      isHeld: row.idle <= floorBound(floorBytes),
    },
    {
      name: `${name}: resident after compact()`,
      bound: `${mib(floorBound(liveBytes))} MiB (live ${mib(liveBytes)})`,
      measured: `${mib(growth)} MiB (own pages ${mib(ownResidentBytes)}); ${moved} moves, ${((1e6 * ms) / Math.max(1, moved)).toFixed(0)} ns each`,
      isHeld: growth <= floorBound(liveBytes),
    },
    {
      name: `${name}: survivors intact after compact()`,
      bound: `${blocks} blocks`,
      measured: `${intact} blocks`,
      isHeld: intact === blocks && blocks > 0,
    },
  )
}

async function chart(context: Context, work: Stretches, live: number, rows: readonly Row[]): Promise<void> {
  const bars = rows.flatMap((row): Bar[] => {
    if (row.missing !== undefined) return [{ label: row.arm, value: 0, text: 'not installed' }]
    const role = row.role === 'ebb' ? ('ebb' as const) : ('peer' as const)
    const bar = { label: row.arm, role, value: row.idle / 2 ** 20 }
    const moved = row.compacted
    return row.arm === EBB.name && moved
      ? [bar, { label: 'ebb, after compact()', role, value: moved.growth / 2 ** 20 }]
      : [bar]
  })
  const floor = rows.find(({ heap }) => heap !== undefined)?.heap?.floorBytes
  await saveChart(
    `out/rss/survivors-${work.name.replace(/\W+/g, '-')}`,
    barChart({
      title: `What stays resident: ${work.name}`,
      subtitle: `${work.about}; live: ${mib(live)} MiB. Lower is better.`,
      xLabel: 'growth of the resident set after 1.5 s of idling, MiB',
      bars,
      ...(floor === undefined ? {} : { bound: { value: floor / 2 ** 20, name: `page floor of ebb: ${mib(floor)}` } }),
      caption: `Each arm in a fresh process with the same requests; nothing is called while it idles. ${context.machine}`,
    }),
    context.image(`survivors-${work.name.replace(/\W+/g, '-')}`),
  )
}
