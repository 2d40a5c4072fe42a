/** The rows of texts and bytes, and what is promised of each. */
import { startNodeArm } from './arms'
import type { SingleOptions } from './protocol'
import { ratio } from './report'
import type { ArmPlan, MeasuredRow, RowPlan } from './rounds'

const SIZES = [8, 32, 128, 1024, 16_384] as const
const TEXTS = ['ascii', 'latin1', 'utf8'] as const

interface TextRow {
  readonly name: string
  readonly verb: string
  readonly peers: readonly string[]
  readonly options: Omit<SingleOptions, 'milliseconds'>
  /** Of ebb's time in that of the first peer. */
  readonly bound: number
}

/** The Buffer call that does the same, by verb; what else is measured beside it. */
const VERBS: Record<string, { readonly peers: readonly string[]; readonly bound: number; readonly hasText: boolean }> =
  {
    readString: { peers: ['buffer.toString'], bound: 1, hasText: true },
    allocString: { peers: ['Buffer.from(text)'], bound: 1, hasText: true },
    copyIn: { peers: ['buffer.copy', 'target.set'], bound: 1, hasText: false },
    copyOut: { peers: ['Buffer.from(view)'], bound: 1, hasText: false },
    bytes: { peers: ['buffer.subarray'], bound: 1.2, hasText: false },
  }

const ROWS: readonly TextRow[] = Object.entries(VERBS).flatMap(([verb, { peers, bound, hasText }]) =>
  (hasText ? TEXTS : TEXTS.slice(0, 1)).flatMap((text) =>
    SIZES.map((byteLength) => ({
      name: `${verb} of ${byteLength}${hasText ? `, ${text}` : ''}`,
      verb: `text ${verb}`,
      peers,
      bound,
      options: { byteLength, text },
    })),
  ),
)

export function textRows(isQuick: boolean): RowPlan[] {
  const milliseconds = isQuick ? 20 : 60
  return ROWS.filter(({ options }) => !isQuick || options.byteLength === 32).map(({ name, verb, peers, options }) => ({
    group: 'text',
    name,
    note: 'against the Buffer call that does the same',
    isReplay: false,
    arms: (): ArmPlan[] =>
      ['ebb', ...peers].map((arm) => ({
        name: arm,
        start: () => startNodeArm({ kind: 'single', arm, single: verb, options: { ...options, milliseconds } }),
      })),
  }))
}

export function textBounds(rows: readonly MeasuredRow[]) {
  return ROWS.map(({ name, peers, bound }) => ({
    name: `${name}: ebb / ${peers[0]}`,
    bound,
    isUpper: true,
    value: ratio(
      rows.find((row) => row.name === name),
      peers[0] as string,
    ),
  }))
}
