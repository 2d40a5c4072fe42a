/** The rows of the speed bench, by group. */
import { nativePeers, type Peer } from '../peers/peers'
import { type FlatTrace, flatten } from '../traces/flat'
import { readTrace, traceNames } from '../traces/trace'
import { workloads } from '../workloads/workloads'
import { type ArmOptions, startNativePairs, startNativeTrace, startNodeArm } from './arms'
import { EBB_DETACHED, isOwnArm, JS_PEERS } from './js-arms'
import { absent, nativePlan } from './plans'
import type { SingleOptions, Task } from './protocol'
import type { ArmPlan, RowPlan } from './rounds'
import { shapeRows } from './shape-rows'
import { textRows } from './text-rows'

/** How much is measured. */
export interface Scope {
  readonly isQuick: boolean
  /** Names of the arms to measure beside ebb; undefined: all. */
  readonly arms: readonly string[] | undefined
  /** Other Nodes for the recorded traces: label and how to start it. */
  readonly nodes: readonly { readonly label: string; readonly options: ArmOptions }[]
}

/** Longest trace that a quadratic allocator is given, operations. */
const QUADRATIC_OPERATIONS = 40_000

/** A row that replays a trace; it is read, flattened and forgotten when the row is measured. */
function traceRow(
  group: string,
  name: string,
  note: string,
  flat: () => FlatTrace,
  scope: Scope,
  peers: readonly Peer[],
): RowPlan {
  const arms = (): ArmPlan[] => {
    const trace = flat()
    const task = (arm: string): Task => ({ kind: 'trace', arm, trace })
    const plans: ArmPlan[] = [{ name: 'ebb', start: () => startNodeArm(task('ebb')) }]
    if (group === 'traces') {
      plans.push({ name: EBB_DETACHED, start: () => startNodeArm(task(EBB_DETACHED)) })
      for (const { label, options } of scope.nodes) {
        plans.push({ name: label, start: () => startNodeArm(task('ebb'), options, label) })
      }
    }
    plans.push(...peers.map((peer) => nativePlan(peer, (installed) => startNativeTrace(installed, trace))))
    if (scope.nodes.length > 0) return plans
    for (const arm of scope.isQuick ? JS_PEERS.slice(0, 1) : JS_PEERS) {
      const isQuadratic = arm === '@thi.ng/malloc' && trace.operations > QUADRATIC_OPERATIONS
      plans.push(
        isQuadratic
          ? absent(arm, `quadratic: measured only up to ${QUADRATIC_OPERATIONS} operations`)
          : { name: arm, start: () => startNodeArm(task(arm)) },
      )
    }
    return plans
  }
  return { group, name, note, isReplay: true, arms }
}

function traceRows(scope: Scope, peers: readonly Peer[]): RowPlan[] {
  const names = scope.isQuick ? traceNames().slice(-1) : traceNames()
  return names.map((name) => traceRow('traces', name, 'recorded', () => flatten(readTrace(name)), scope, peers))
}

function workloadRows(scope: Scope, peers: readonly Peer[]): RowPlan[] {
  return workloads(scope.isQuick).map(({ name, note, make }) =>
    traceRow('workloads', name, note, () => flatten(make()), scope, peers),
  )
}

const singleArm = (arm: string, single: string, options: SingleOptions): ArmPlan => ({
  name: arm,
  start: () => startNodeArm({ kind: 'single', arm, single, options }),
})

const PAIR_BYTES = [16, 48, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576] as const

function pairRows(scope: Scope, peers: readonly Peer[]): RowPlan[] {
  const milliseconds = scope.isQuick ? 20 : 60
  const row = (byteLength: number, isAlone: boolean): RowPlan => ({
    group: 'pairs',
    name: `pair ${byteLength}${isAlone ? ', nothing else live' : ''}`,
    note: `alloc, first and last byte, and free of ${byteLength} bytes`,
    isReplay: false,
    arms: () => [
      singleArm('ebb', 'pair', { byteLength, isAlone, milliseconds }),
      ...peers.map((peer) => nativePlan(peer, (installed) => startNativePairs(installed, byteLength))),
      ...JS_PEERS.map((arm) => singleArm(arm, 'pair', { byteLength, milliseconds })),
    ],
  })
  const rows = (scope.isQuick ? [48] : PAIR_BYTES).map((byteLength) => row(byteLength, false))
  return [...rows, row(48, true)]
}

function accessorRows(scope: Scope): RowPlan[] {
  const milliseconds = scope.isQuick ? 20 : 100
  const rows: RowPlan[] = []
  for (const single of ['read int32', 'read float64', 'write int32']) {
    for (const count of scope.isQuick ? [1e5] : [1e5, 1e6]) {
      for (const isShuffled of [false, true]) {
        const options = { count, isShuffled, milliseconds }
        rows.push({
          group: 'accessors',
          name: `${single}, ${count === 1e5 ? '1e5' : '1e6'} ${isShuffled ? 'shuffled' : 'in order'}`,
          note: 'one field of many blocks',
          isReplay: false,
          arms: () => ['ebb', 'objects', 'DataView'].map((arm) => singleArm(arm, single, options)),
        })
      }
    }
  }
  return rows
}

function viewRows(scope: Scope): RowPlan[] {
  const milliseconds = scope.isQuick ? 20 : 100
  return [64, 512].map((byteLength) => ({
    group: 'views',
    name: `bytes() of ${byteLength}`,
    note: 'a view on a live block, against new memory',
    isReplay: false,
    arms: () =>
      ['ebb', 'Buffer.allocUnsafe', 'Uint8Array', 'subarray'].map((arm) =>
        singleArm(arm, 'view', { byteLength, milliseconds }),
      ),
  }))
}

function recordRows(scope: Scope): RowPlan[] {
  const milliseconds = scope.isQuick ? 20 : 100
  const counts = scope.isQuick ? [1e5] : [1e5, 1e6]
  const row = (name: string, verb: string, arms: readonly string[], count: number, isShuffled: boolean): RowPlan => ({
    group: 'records',
    name,
    note: 'four f64 and a u8, against an array of objects',
    isReplay: false,
    arms: () => arms.map((arm) => singleArm(arm, `record ${verb}`, { count, isShuffled, milliseconds })),
  })
  const exponent = (count: number): string => (count === 1e5 ? '1e5' : '1e6')
  const rows: RowPlan[] = []
  for (const verb of ['read x', 'read tag', 'read x, y, tag', 'step']) {
    for (const count of counts) {
      for (const isShuffled of [false, true]) {
        const name = `${verb} of ${exponent(count)} records, ${isShuffled ? 'shuffled' : 'in order'}`
        rows.push(row(name, verb, ['ebb', 'ebb cursor', 'objects'], count, isShuffled))
      }
    }
  }
  for (const count of counts)
    rows.push(row(`make ${exponent(count)} records`, 'make', ['ebb', 'objects'], count, false))
  return rows
}

/** All rows whose group or name contains one of the words; all where there are none. */
export function rows(scope: Scope, words: readonly string[]): { plans: RowPlan[]; peers: readonly Peer[] } {
  const peers = nativePeers()
  const isChosen = ({ name }: ArmPlan): boolean => isOwnArm(name) || scope.arms?.includes(name) !== false
  const all = [
    ...traceRows(scope, peers),
    ...shapeRows(scope.isQuick, peers),
    ...workloadRows(scope, peers),
    ...pairRows(scope, peers),
    ...accessorRows(scope),
    ...recordRows(scope),
    ...viewRows(scope),
    ...textRows(scope.isQuick),
  ]
  const wanted = ({ group, name }: RowPlan): boolean =>
    words.length === 0 || words.some((word) => group === word || name.includes(word))
  const plans = all.filter(wanted).map((plan) => ({ ...plan, arms: () => plan.arms().filter(isChosen) }))
  return { plans, peers }
}
