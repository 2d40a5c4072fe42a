/** `ebb live`: runs a program and shows its heaps in the browser. The program need not know of it. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import path from 'node:path'
import { PACKAGE_FOLDER } from '../../base/folder'
import type { Arguments } from '../arguments'
import type { Command } from '../command'
import { EXIT } from '../exit'
import type { Io } from '../io'
import { startCommand } from '../started'

const PRELOAD = path.join('dist', 'live', 'preload.js')

/**
 * The file to preload: of the copy of ebb that a program in the folder would load, else of this one. Heaps are seen by the copy that made
 * them.
 */
export function preloadFor(folder: string): string {
  try {
    const manifest = createRequire(path.join(folder, 'ebb.js')).resolve('ebb/package.json')
    const theirs = path.join(path.dirname(manifest), PRELOAD)
    if (existsSync(theirs)) return theirs
  } catch {
    // There is none.
  }
  return path.join(PACKAGE_FOLDER, PRELOAD)
}

/** NODE_OPTIONS with one file more to be required. Node takes a backslash in quotes for an escape. */
export const withPreload = (options: string | undefined, file: string): string =>
  `${options === undefined || options === '' ? '' : `${options} `}--require "${file.replaceAll('\\', '/').replaceAll('"', '\\"')}"`

export const live: Command = {
  name: 'live',
  summary: 'runs a program and shows its heaps in the browser',
  usage: ['live [OPTION...] -- COMMAND [ARGUMENT...]'],
  about:
    'Runs a command, and prints the address of a page on the error output as soon as a Node process of it makes a heap: a map of the ' +
    'memory, bytes over time, size classes, events. Each process that makes heaps has a page of its own. The page is served on this machine ' +
    'only, and ends with the process. The exit code is that of COMMAND. A program that wants the page itself calls `serve` of `ebb/live`.',
  options: [
    { name: 'port', short: 'p', value: 'PORT', help: 'where to listen; default: a free port' },
    {
      name: 'host',
      value: 'ADDRESS',
      help: 'default 127.0.0.1; with another one, others who have the address of the page see it',
    },
    { name: 'interval', short: 'n', value: 'MS', help: 'milliseconds between frames, 20 to 10000; default 100' },
  ],
  operands: 'command',
  examples: [
    ['npx ebb live -- node app.js', 'open the address that it prints'],
    ['npx ebb live --port 9000 -- npm start', 'on a port of your choice'],
  ],
  async run(args: Arguments, io: Io) {
    if (args.operands.length === 0) args.refuse('it needs a command behind --, as in: ebb live -- node app.js')
    const options = {
      port: args.whole('port', 'a port', 0, 65_535),
      host: args.text('host'),
      interval: args.whole('interval', 'milliseconds', 20, 10_000),
    }
    const env = {
      ...io.env,
      NODE_OPTIONS: withPreload(io.env.NODE_OPTIONS, preloadFor(process.cwd())),
      EBB_LIVE: JSON.stringify(options),
    }
    const started = await startCommand('live', args.operands, { env })
    const forget = io.onSignals((signal) => {
      if (signal !== 'SIGINT') started.kill(signal) // Ctrl-C reaches the command too
    })
    try {
      const { exitCode, signal } = await started.ended
      if (signal !== undefined) return 128 + constants.signals[signal]
      return exitCode ?? EXIT.ok
    } finally {
      forget()
    }
  },
}
