/**
 * What the talk left for later: "free lists for integers, floats, lists, dicts". A million of each is made and dropped in CPython, in plain
 * JavaScript and in ebb's lists, and the resident set is read meanwhile.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { sampleRss } from 'ebb/rss'
import { projectRoot } from '../common/root'
import { MIB, mib, table } from '../common/table'
import { saveChart } from '../graphs/chart'
import { lineChart } from '../graphs/lines'
import type { Role } from '../graphs/theme'
import { type Context, doing, say } from './context'

const KINDS = ['integers', 'floats', 'lists', 'dicts'] as const
const COUNT = 1_000_000
const MAKE_STEPS = 10
const IDLE_STEPS = 6
const IDLE_STEP_MS = 250
const KIND_STEPS = MAKE_STEPS + 1 + IDLE_STEPS

interface Arm {
  readonly name: string
  readonly role: Role
  readonly command: readonly string[]
}

interface Row {
  readonly arm: string
  readonly role: Role
  /** Growth of the resident set after each step, bytes. */
  readonly growth: number[]
  /** ns to make one, by kind. */
  readonly ns: number[]
}

function armsHere(): Arm[] {
  const child = join(__dirname, 'talk-child.js')
  const node = (name: string, role: Role, holder: string): Arm => ({
    name,
    role,
    command: [process.execPath, '--expose-gc', child, holder],
  })
  const python = spawnSync('python3', ['--version'], { encoding: 'utf8' })
  const cpython: Arm[] =
    python.status === 0
      ? [
          {
            name: `C${python.stdout.trim()}`,
            role: 'peer',
            command: ['python3', join(projectRoot(), 'bench', 'rss', 'talk.py')],
          },
        ]
      : []
  return [
    node('ebb', 'ebb', 'ebb'),
    ...cpython,
    node('plain JavaScript', 'peer', 'plain'),
    node('plain JavaScript, gc() at each drop', 'peer', 'collected'),
  ]
}

export async function talk(context: Context): Promise<void> {
  const rows: Row[] = []
  for (const arm of armsHere()) {
    doing(`talk: ${arm.name}`)
    rows.push(await measure(arm))
  }
  report(rows)
  context.results.talk = { rows }
  await chart(context, rows)
}

async function measure({ name, role, command }: Arm): Promise<Row> {
  const [file, ...words] = command as [string, ...string[]]
  const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (line: string): Promise<number> => {
    child.stdin.write(`${line}\n`)
    const { value, done } = await answers.next()
    if (done === true) throw new Error(`${name}: the process ended during "${line}"`)
    return Number(value)
  }
  try {
    return { arm: name, role, ...(await steps(child, ask)) }
  } finally {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  }
}

/** All kinds in turn; the first round of each kind is small and not counted: code is compiled, and modules are loaded. */
async function steps(
  child: ChildProcess,
  ask: (line: string) => Promise<number>,
): Promise<{ growth: number[]; ns: number[] }> {
  for (const kind of KINDS) {
    await ask(`make ${kind} 0 1000`)
    await ask('drop')
  }
  await delay(1500)
  const baseline = sampleRss(child.pid as number).resident
  const growth = [0]
  const ns: number[] = []
  const look = (): number => growth.push(sampleRss(child.pid as number).resident - baseline)
  for (const kind of KINDS) {
    let taken = 0
    for (let step = 0; step < MAKE_STEPS; step++) {
      taken += await ask(`make ${kind} ${(COUNT / MAKE_STEPS) * step} ${(COUNT / MAKE_STEPS) * (step + 1)}`)
      look()
    }
    ns.push(taken / COUNT)
    await ask('drop')
    look()
    for (let step = 0; step < IDLE_STEPS; step++) {
      await delay(IDLE_STEP_MS)
      look()
    }
  }
  return { growth, ns }
}

function report(rows: readonly Row[]): void {
  say(
    `\ntalk: a million integers, floats, lists of 3, dicts of 2, one kind after the other. Growth of the resident set, MiB`,
  )
  const seconds = (IDLE_STEPS * IDLE_STEP_MS) / 1000
  const lines = KINDS.flatMap((kind, index) =>
    rows.map(({ arm, growth, ns }) => {
      const made = growth[index * KIND_STEPS + MAKE_STEPS] as number
      const dropped = growth[index * KIND_STEPS + MAKE_STEPS + 1] as number
      const idle = growth[(index + 1) * KIND_STEPS] as number
      return [`${kind}: ${arm}`, mib(made), mib(dropped), mib(idle), (ns[index] as number).toFixed(0)]
    }),
  )
  say(table(['', 'made', 'dropped', `idle ${seconds} s`, 'ns each'], lines))
}

async function chart(context: Context, rows: readonly Row[]): Promise<void> {
  await saveChart(
    'out/rss/talk',
    lineChart({
      title: 'A million integers, floats, lists and dicts, made and dropped',
      subtitle: 'Growth of the resident set. Lower is better.',
      xLabel: 'steps: 100,000 made each, the drop, or 250 ms of idling',
      yLabel: 'MiB',
      phases: KINDS.map((name, index) => ({ name, from: index * KIND_STEPS, to: (index + 1) * KIND_STEPS })),
      series: rows.map(({ arm, role, growth }) => ({
        name: arm,
        role,
        points: growth.map((bytes, step) => [step, bytes / MIB] as const),
      })),
      caption: `Each in a process of its own. Plain JavaScript holds them in an Array, ebb in a List of i32, f64 or values. ${context.machine}`,
    }),
    context.image('talk'),
  )
}
