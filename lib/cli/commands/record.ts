/** `ebb record`: the memory of a command, or of a process, over time. */
import { constants } from 'node:os'
import path from 'node:path'
import { toCsv } from '../../rss/index'
import { linuxMemory } from '../../rss/linux'
import type { ReadText } from '../../rss/texts'
import type { Arguments } from '../arguments'
import type { Command } from '../command'
import { areaChart } from '../draw/bars'
import { type Ink, inkOf } from '../draw/ink'
import { page } from '../draw/page'
import { table } from '../draw/table'
import { CliError, EXIT } from '../exit'
import { mustHaveProc } from '../facts/proc'
import { mustBeWritable, writeOutput } from '../files'
import type { Io } from '../io'
import { lengthOf, pictureOf, pointsOf, type Recording, type Sample, subtitleOf, summary } from '../recording'
import { startCommand } from '../started'
import { PID_MAX } from '../target'

/** Writers by the end of a file's name. */
const FORMATS: Readonly<Record<string, (recording: Recording) => string>> = {
  '.csv': ({ samples }) => toCsv(samples.map((sample) => ({ ...NOT_TOLD, ...sample }))),
  '.json': (recording) => `${JSON.stringify(recording)}\n`,
  '.svg': (recording) => `${pictureOf(recording, 840, 380, false)}\n`,
  '.html': (recording) => page(recording),
}
const NOT_TOLD = {
  ...{ proportional: undefined, anonymous: undefined, peak: undefined, hugePages: undefined, cgroup: undefined },
}

/** Characters and lines of the chart in the terminal. */
const CHART_WIDTH = 100
const CHART_HEIGHT = 12

export const record: Command = {
  name: 'record',
  summary: 'records the memory of a command or a process over time',
  usage: ['record [OPTION...] -- COMMAND [ARGUMENT...]', 'record [OPTION...] --pid PID'],
  about:
    'Looks at a process every so often, from outside: resident (RSS), anonymous and proportional (PSS) memory. At the end it draws a ' +
    'chart on the error output, and writes the files that were asked for. It ends with the process, with --samples, or with Ctrl-C. ' +
    'The exit code is that of COMMAND. It is the process of COMMAND that is recorded, not those it starts: `node app.js`, not ' +
    '`npm start`. Linux only.',
  options: [
    { name: 'pid', short: 'p', value: 'PID', help: 'a process that runs already' },
    { name: 'interval', short: 'n', value: 'MS', help: 'milliseconds between looks; default 100' },
    { name: 'samples', value: 'N', help: 'ends after so many looks; a command runs on without being looked at' },
    {
      name: 'out',
      short: 'o',
      value: 'FILE',
      isList: true,
      help: 'writes .csv, .json, .svg (light and dark in one) or .html, by the end of the name; may be given several times',
    },
    { name: 'title', value: 'TEXT', help: 'a title for the pictures; default: the command line' },
    { name: 'json', help: 'the recording as JSON on the output; what COMMAND prints goes to the error output' },
    { name: 'quiet', short: 'q', help: 'no chart' },
  ],
  operands: 'command',
  examples: [
    ['npx ebb record -- node app.js', 'a chart in the terminal'],
    ['npx ebb record -o rss.csv -o rss.svg -- node app.js', 'samples and a picture'],
    ['npx ebb record --pid 4711 --interval 1000 --samples 600 -o rss.json', 'ten minutes of a server'],
    ['npx ebb record -o before.html -- node app.js', 'a page for the browser'],
  ],
  async run(args: Arguments, io: Io) {
    mustHaveProc('record', io)
    const plan = planOf(args)
    const started =
      plan.pid === undefined
        ? await startCommand('record', args.operands, { stdout: plan.isJson ? 2 : 'inherit' })
        : undefined
    const pid = started?.pid ?? (plan.pid as number)
    const title = args.text('title') ?? (started === undefined ? `process ${pid}` : args.operands.join(' '))
    const end = new AbortController()
    // Ctrl-C reaches the command too: it decides when it ends. Of a process that runs already, it ends the recording.
    const forget = io.onSignals((signal) => {
      if (started === undefined) end.abort()
      else if (signal !== 'SIGINT') started.kill(signal)
    })
    started?.ended.finally(() => end.abort())
    try {
      const startedAt = new Date(io.now()).toISOString()
      const samples = await sample(pid, plan, io, end.signal)
      if (samples.length === 0 && started === undefined) {
        const why = 'it has ended, or belongs to somebody else'
        throw new CliError('unreachable', `ebb record: process ${pid} cannot be seen: ${why}`)
      }
      const { exitCode, signal } = (await started?.ended) ?? {}
      const { interval } = plan
      const recording: Recording = {
        ...{ format: 'ebb-record', version: 1, title, pid, startedAt, interval, exitCode, signal, samples },
      }
      if (samples.length > 0) tell(recording, args, plan, io)
      else io.err.write('ebb record: the command ended before the first look; nothing was written\n')
      if (signal !== undefined) return 128 + constants.signals[signal]
      return exitCode ?? EXIT.ok
    } finally {
      forget()
    }
  },
}

interface Plan {
  readonly pid: number | undefined
  readonly interval: number
  readonly samples: number
  readonly files: readonly string[]
  readonly isJson: boolean
}

/** What the command line asks for, checked before anything starts. */
function planOf(args: Arguments): Plan {
  const pid = args.whole('pid', 'a process id', 1, PID_MAX)
  if (pid === undefined && args.operands.length === 0) args.refuse('it needs a command behind --, or --pid PID')
  if (pid !== undefined && args.operands.length > 0) args.refuse('it takes --pid or a command, not both')
  const interval = args.whole('interval', 'milliseconds', 1, 3_600_000) ?? 100
  const samples = args.whole('samples', 'a number of looks', 1, 1e9) ?? Infinity
  for (const file of args.list('out')) {
    const known = Object.keys(FORMATS)
    if (!known.includes(path.extname(file))) {
      args.refuse(`--out writes ${known.join(', ')}, by the end of the name, and cannot write ${JSON.stringify(file)}`)
    }
    mustBeWritable(file)
  }
  return { pid, interval, samples, files: args.list('out'), isJson: args.has('json') }
}

/** Looks until the process has ended, as often as is planned, or until the signal. None where there is no such process. */
export async function sample(
  pid: number,
  { interval, samples }: { readonly interval: number; readonly samples: number },
  io: Io,
  end: AbortSignal,
): Promise<Sample[]> {
  const taken: Sample[] = []
  const start = io.now()
  while (taken.length < samples && !end.aborted) {
    const memory = look(pid, io.read)
    if (memory === undefined) break
    const ms = Math.round((io.now() - start) * 10) / 10
    taken.push({ ms, ...(JSON.parse(JSON.stringify(memory)) as Omit<Sample, 'ms'>) })
    if (taken.length === samples) break
    // Looks keep to their times: one that took long does not put off those after it.
    const next = (Math.floor(ms / interval) + 1) * interval
    await io.wait(start + next - io.now(), end).catch(() => undefined)
  }
  return taken
}

/** Undefined where the process has ended. */
function look(pid: number, read: ReadText): ReturnType<typeof linuxMemory> {
  try {
    return linuxMemory(String(pid), read)
  } catch {
    return undefined
  }
}

/** Prints and writes what was recorded. */
function tell(recording: Recording, args: Arguments, { files, isJson }: Plan, io: Io): void {
  if (!args.has('quiet'))
    io.err.write(`${shown(recording, io.err.columns ?? CHART_WIDTH, inkOf(io.err, io.env)).join('\n')}\n`)
  for (const file of files)
    writeOutput(file, (FORMATS[path.extname(file)] as (recording: Recording) => string)(recording))
  if (files.length > 0 && !args.has('quiet')) io.err.write(`\nwritten: ${files.join(', ')}\n`)
  if (isJson) io.out.write(`${JSON.stringify(recording)}\n`)
}

/** A recording as a chart and a table. */
export function shown(recording: Recording, columns: number, ink: Ink): string[] {
  const chart = areaChart(
    pointsOf(recording, 'resident'),
    Math.max(1, lengthOf(recording)),
    Math.min(columns, CHART_WIDTH),
    CHART_HEIGHT,
    ink,
  )
  const rows = table([['', 'first', 'most', 'last'].map((text) => ink('dim', text)), ...summary(recording)])
  return ['', ink('bold', recording.title), ink('dim', subtitleOf(recording)), '', ...chart, '', ...rows]
}
