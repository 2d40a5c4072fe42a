/**
 * One arm in a process of its own, so that no arm pays for another's garbage, type feedback or detached buffers. Answers the
 * bench's requests one by one; between them it waits, and its timers run.
 */
import { serve } from '../common/asked-process'
import { residentBytes } from '../common/resident'
import { unflatten } from '../traces/flat'
import { startGc, startPause } from './collector'
import { loadEbb, startTraceArm, type TraceArm } from './js-arms'
import type { Answers, Request, Task } from './protocol'
import { startSingle } from './singles'
import type { Work } from './work'

let work: Work = {}

async function start(task: Task, library: string | undefined): Promise<Answers['start']> {
  if (task.kind === 'trace') {
    const trace = unflatten(task.trace)
    work = traceWork(await startTraceArm(task.arm, trace, library), trace.operations, task.isCpuTime ? cpuNs : clockNs)
  } else if (task.kind === 'single') {
    work = await startSingle(task.arm, task.single, task.options, library)
  } else if (task.kind === 'gc') {
    work = startGc(task.arm, task.options, loadEbb(library))
  } else {
    work = startPause(task.arm, task.options, loadEbb(library))
  }
  return { versions: { node: process.versions.node, v8: process.versions.v8 } }
}

const elapsedNs = (since: bigint): number => Number(process.hrtime.bigint() - since)

/** ns by the clock, and ns that all threads of this process were at work. */
const clockNs = (): number => Number(process.hrtime.bigint())
const cpuNs = (): number => {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}

function traceWork({ timed, heaps }: TraceArm, operations: number, now: () => number): Work {
  const baseline = residentBytes()
  return {
    turn(replays) {
      if (timed.laps !== undefined) return timed.laps(replays, now).map((ns) => ns / operations)
      const ns: number[] = []
      for (let i = 0; i < replays; i++) {
        const begin = now()
        timed.replay(0, operations)
        ns.push((now() - begin) / operations)
      }
      return ns
    },
    memory(count) {
      const samples: [number, number][] = []
      const every = Math.max(1, Math.ceil(operations / count))
      for (let at = 0; at < operations; at += every) {
        const to = Math.min(operations, at + every)
        timed.replay(at, to)
        samples.push([to, Math.max(0, residentBytes() - baseline)])
      }
      return { peak: Math.max(0, ...samples.map(([, growth]) => growth)), samples }
    },
    run(from, to) {
      const begin = process.hrtime.bigint()
      timed.replay(from, to)
      return elapsedNs(begin)
    },
    inspect() {
      const [heap] = heaps
      if (heap === undefined) return { resident: residentBytes() - baseline }
      const begin = process.hrtime.bigint()
      const stats = heap.stats()
      const statsNs = elapsedNs(begin)
      const { blocks, liveBytes, mappedBytes, ledgerBytes, bookBytes, arenas } = stats
      return {
        statsNs,
        blocks,
        liveBytes,
        mappedBytes,
        bookBytes: ledgerBytes + bookBytes,
        arenas,
        resident: residentBytes() - baseline,
      }
    },
    close() {
      const begin = process.hrtime.bigint()
      for (const heap of heaps) heap.close()
      return elapsedNs(begin)
    },
    finish() {
      for (const heap of heaps) {
        const { blocks } = heap.stats()
        if (blocks !== 0) throw new Error(`${blocks} blocks are live after the last round`)
        heap.close()
      }
    },
  }
}

function countFaults(run: () => number): Answers['run'] {
  const before = process.resourceUsage().minorPageFault
  const ns = run()
  return { ns, faults: process.resourceUsage().minorPageFault - before }
}

async function answer(request: Request): Promise<unknown> {
  switch (request.verb) {
    case 'start':
      return start(request.task, request.library)
    case 'turn':
      return { ns: await required('turn')(request.replays) }
    case 'memory':
      return required('memory')(request.samples)
    case 'run':
      return countFaults(() => required('run')(request.from, request.to))
    case 'inspect':
      return required('inspect')()
    case 'close':
      return { ns: required('close')() }
    case 'finish':
      work.finish?.()
      return {}
  }
}

function required<Verb extends keyof Work>(verb: Verb): NonNullable<Work[Verb]> {
  const method = work[verb]
  if (method === undefined) throw new Error(`this task cannot ${verb}`)
  return method as NonNullable<Work[Verb]>
}

serve(answer)
