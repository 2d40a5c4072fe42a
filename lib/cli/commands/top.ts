/** `ebb top`: a process and its heaps, looked at once a second. */
import type { ProcessFacts } from '../advice/process-rules'
import type { Arguments } from '../arguments'
import type { Command } from '../command'
import { type Ink, inkOf } from '../draw/ink'
import { screen } from '../draw/screen'
import { CliError, EXIT } from '../exit'
import type { Io } from '../io'
import { TARGET_OPTIONS, type Target, targetOf } from '../target'

/** Looks that are kept: as many as the widest chart shows. */
const KEPT = 600
const COLUMNS = 100
const ROWS = 30

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const CTRL_C = '\x03'
const CTRL_Z = '\x1a'

export const top: Command = {
  name: 'top',
  summary: 'shows a process and its heaps, live, in the terminal',
  usage: ['top --inspect [HOST:]PORT [OPTION...]', 'top --pid PID [OPTION...]'],
  about:
    'Shows the memory of a process once a second: a chart of its resident set, a line for each heap, and what `ebb doctor` would say. ' +
    'q quits, p pauses, the space bar looks at once. In a pipe it prints a screen for each look, without control sequences.\n\n' +
    '--inspect sees the heaps; --pid alone sees what the kernel sees (Linux). "in pools": free blocks in pools that are used; ' +
    '"dirty": free and still resident; "back/s": given back a second.',
  options: [
    ...TARGET_OPTIONS,
    { name: 'interval', short: 'n', value: 'MS', help: 'milliseconds between looks; default 1000' },
    { name: 'samples', value: 'N', help: 'ends after so many looks' },
    { name: 'json', help: 'a line of JSON for each look' },
  ],
  operands: 'none',
  examples: [
    ['node --inspect=9229 app.js & npx ebb top --inspect 9229', 'a program and its heaps'],
    ['kill -USR1 4711; npx ebb top --inspect 9229', 'one that runs already'],
    ['npx ebb top --pid 4711', 'as the kernel sees it'],
    ['npx ebb top --inspect 9229 --json --samples 60 > top.ndjson', 'a minute, for programs'],
  ],
  async run(args: Arguments, io: Io) {
    const interval = args.whole('interval', 'milliseconds', 100, 3_600_000) ?? 1000
    const samples = args.whole('samples', 'a number of looks', 1, 1e9) ?? Infinity
    const target = await targetOf('top', args, io)
    if (target === undefined) args.refuse('it needs --inspect [HOST:]PORT or --pid PID')
    const view = args.has('json')
      ? jsonView(io)
      : io.onKeys === undefined
        ? pipeView(io, interval)
        : new Terminal(io, interval)
    try {
      return await watch(target, view, interval, samples, io)
    } finally {
      view.close()
      target.close()
    }
  },
}

/** Where looks are shown. */
interface View {
  show(looks: readonly ProcessFacts[]): void
  close(): void
  /** Whether somebody wants to quit. */
  hasQuit(): boolean
  /** Waits until the next look is due. */
  wait(ms: number): Promise<void>
}

async function watch(target: Target, view: View, interval: number, samples: number, io: Io): Promise<number> {
  const looks: ProcessFacts[] = []
  for (let n = 0; n < samples && !view.hasQuit(); n++) {
    if (n > 0) await view.wait(interval)
    if (view.hasQuit()) break
    try {
      looks.push(await target.look())
    } catch (error) {
      if (!(error instanceof CliError) || looks.length === 0) throw error
      view.close()
      io.err.write(`ebb top: the process has ended, or does not answer any more\n`)
      return EXIT.ok
    }
    if (looks.length > KEPT) looks.shift()
    view.show(looks)
  }
  return EXIT.ok
}

function jsonView(io: Io): View {
  return {
    show: (looks) => io.out.write(`${JSON.stringify(looks.at(-1))}\n`),
    close: () => undefined,
    hasQuit: () => false,
    wait: (ms) => io.wait(ms),
  }
}

function pipeView(io: Io, interval: number): View {
  const ink = inkOf(io.out, io.env)
  const size = { columns: io.out.columns ?? COLUMNS, rows: io.out.rows ?? ROWS, interval, keys: '' }
  return {
    show: (looks) => io.out.write(`${screen(looks, size, ink).join('\n')}\n\n`),
    close: () => undefined,
    hasQuit: () => false,
    wait: (ms) => io.wait(ms),
  }
}

/** The alternate screen of a terminal, with keys. It is left as it was on every way out: q, Ctrl-C, a signal, an error, the end. */
export class Terminal implements View {
  readonly #io: Io
  readonly #interval: number
  readonly #ink: Ink
  readonly #forget: (() => void)[] = []
  readonly #leave = (): void => this.#hide()
  #forgetKeys: (() => void) | undefined
  #wake = new AbortController()
  #looks: readonly ProcessFacts[] = []
  #isPaused = false
  #hasQuit = false

  constructor(io: Io, interval: number) {
    this.#io = io
    this.#interval = interval
    this.#ink = inkOf(io.out, io.env)
    this.#forget.push(io.onSignals(() => this.#end()))
    process.on('exit', this.#leave)
    process.on('SIGCONT', this.#resume)
    this.#enter()
  }

  hasQuit(): boolean {
    return this.#hasQuit
  }

  show(looks: readonly ProcessFacts[]): void {
    this.#looks = looks
    this.#draw()
  }

  async wait(ms: number): Promise<void> {
    do {
      this.#wake = new AbortController()
      await this.#io.wait(ms, this.#wake.signal).catch(() => undefined)
    } while (this.#isPaused && !this.#hasQuit)
  }

  close(): void {
    this.#hide()
    process.off('exit', this.#leave)
    process.off('SIGCONT', this.#resume)
    for (const forget of this.#forget.splice(0)) forget()
  }

  #enter(): void {
    if (this.#forgetKeys !== undefined) return
    this.#io.out.write(ENTER)
    this.#forgetKeys = this.#io.onKeys?.((key) => this.#hear(key))
  }

  #hide(): void {
    if (this.#forgetKeys === undefined) return
    this.#forgetKeys()
    this.#forgetKeys = undefined
    this.#io.out.write(LEAVE)
  }

  readonly #resume = (): void => {
    this.#enter()
    this.#draw()
  }

  #end(): void {
    this.#hasQuit = true
    this.#wake.abort()
  }

  #hear(key: string): void {
    if (key === 'q' || key === 'Q' || key === CTRL_C) this.#end()
    else if (key === ' ') this.#wake.abort()
    else if (key === 'resize') this.#draw()
    else if (key === 'p' || key === 'P') {
      this.#isPaused = !this.#isPaused
      if (this.#isPaused) this.#draw()
      else this.#wake.abort()
    } else if (key === CTRL_Z) {
      this.#hide()
      process.kill(process.pid, 'SIGTSTP')
    }
  }

  #draw(): void {
    if (this.#looks.length === 0 || this.#forgetKeys === undefined) return
    const { columns = COLUMNS, rows = ROWS } = this.#io.out
    const keys = this.#isPaused ? 'paused   p goes on   q quits' : 'q quits   p pauses   space looks now'
    const lines = screen(this.#looks, { columns, rows, interval: this.#interval, keys }, this.#ink)
    // Home, each line with what was behind it cleared, then all below: nothing flickers.
    this.#io.out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
  }
}
