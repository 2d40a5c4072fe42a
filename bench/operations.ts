/**
 * `npm run bench:operations`: where the time of a recorded program's replay goes, by what an operation did, beside the same replay on an
 * allocator that does nothing.
 *
 *     npm run bench:operations -- [--traces json,ast] [--seconds 2]
 *
 * V8's profiler looks where each replay is, every 100 µs. What is inlined into the loop is a sample of the loop: the marks and the loop itself, which
 * the floor tells, and every operation that a magazine serves. All else is a call, and counts for the operation that made it.
 */
import { spawnSync } from 'node:child_process'
import { Session } from 'node:inspector/promises'
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { median } from './common/quantile'
import { digits, table } from './common/table'
import { startTraceArm } from './speed/js-arms'
import { readTrace, traceNames } from './traces/trace'

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: traceNames().join() },
    seconds: { type: 'string', default: '2' },
    child: { type: 'string' },
  },
})

const SAMPLE_US = 100

/** Kinds of operations, the first that fits a stack of calls; each by a function that only its way goes through. */
const KINDS = [
  ['collector', /\(garbage collector\)/],
  ['memory goes back', /^(tick|work)$/],
  ['large and lone blocks', /^(takeLone|takeLarge|moveLarge|resizeInPlace|leave)$/],
  ['alloc refills a magazine', /^(allocSlow|refill)$/],
  ['free empties a magazine', /^(freeSlow|releaseHalf)$/],
  ['realloc moves', /^(moveSmall|moveBlock)$/],
  ['realloc, else', /^(realloc|resize|resizeLonger|resizeAny)$/],
  ['allocZeroed clears', /^(allocZeroed|takeZeroed)$/],
] as const
/** What a magazine serves, the loop and the marks. */
const INLINED = 'inlined'

/** ns per operation by kind, and of a replay on the floor. */
type Answer = Readonly<Record<string, number>>

async function profile(name: string, seconds: number): Promise<Answer> {
  const trace = readTrace(name)
  const { timed } = await startTraceArm('ebb', trace)
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
  for (let i = 0; i < 8; i++) timed.replay(0, trace.operations)
  await session.post('Profiler.start')
  let operations = 0
  const begin = performance.now()
  while (performance.now() - begin < seconds * 1000) {
    timed.replay(0, trace.operations)
    operations += trace.operations
  }
  const { profile } = await session.post('Profiler.stop')
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  const kindOf = (node: number): string => {
    const stack: string[] = []
    for (let at: number | undefined = node; at !== undefined; at = parents.get(at)) stack.push(names.get(at) as string)
    if (!stack.includes('replay')) return stack[0] === '(garbage collector)' ? 'collector' : 'not the replay'
    return KINDS.find(([, pattern]) => stack.some((call) => pattern.test(call)))?.[0] ?? INLINED
  }
  const sums: Record<string, number> = { [INLINED]: 0 }
  profile.samples?.forEach((node, i) => {
    const kind = kindOf(node)
    sums[kind] = (sums[kind] ?? 0) + (profile.timeDeltas?.[i] ?? 0)
  })
  const ns = Object.fromEntries(Object.entries(sums).map(([kind, us]) => [kind, (us * 1000) / operations]))
  return { ...ns, floor: await floorOf(name) }
}

/** ns per operation of the replay on an allocator that does nothing. */
async function floorOf(name: string): Promise<number> {
  const trace = readTrace(name)
  const { timed } = await startTraceArm('floor', trace)
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const begin = process.hrtime.bigint()
    timed.replay(0, trace.operations)
    times.push(Number(process.hrtime.bigint() - begin) / trace.operations)
  }
  return median(times.slice(5))
}

function inProcess(name: string): Answer {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [__filename, '--child', name, '--seconds', values.seconds],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`${name}: ${stderr}`)
  return JSON.parse(stdout) as Answer
}

async function main(): Promise<void> {
  if (values.child !== undefined) {
    console.log(JSON.stringify(await profile(values.child, Number(values.seconds))))
    return
  }
  const machine = describeMachine()
  const traces = values.traces.split(',')
  const answers = traces.map(inProcess)
  const line = (title: string, of: (answer: Answer) => number): string[] => [
    title,
    ...answers.map((a) => digits(of(a))),
  ]
  const total = (answer: Answer): number =>
    Object.entries(answer).reduce(
      (sum, [kind, ns]) => (kind === 'floor' || kind === 'not the replay' ? sum : sum + ns),
      0,
    )
  const lines = [
    line('loop and marks (the floor)', (answer) => answer.floor ?? 0),
    line('alloc and free by a magazine', (answer) => (answer[INLINED] ?? 0) - (answer.floor ?? 0)),
    ...KINDS.map(([kind]) => line(kind, (answer) => answer[kind] ?? 0)),
    line('all', total),
  ]
  console.log(`${machineLine(machine)}\n\n${table(['ns per operation', ...traces], lines)}`)
  console.log(`\n${writeJson('bench-operations', { machine, traces, answers })}`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
