/** `ebb doctor`: what this machine means for ebb, or what is to be said of a process that runs. */
import type { Wanted } from '../../heap/door'
import { type Finding, showCounts, showFindings, worst } from '../advice/finding'
import { machineFindings } from '../advice/machine-rules'
import { processFindings } from '../advice/process-rules'
import type { Command } from '../command'
import { inkOf } from '../draw/ink'
import { EXIT } from '../exit'
import { machineFacts } from '../facts/machine'
import type { Io } from '../io'
import { TARGET_OPTIONS, type Target, targetOf } from '../target'

/** Characters; longer lines are hard to read. */
const WIDTH = 100
/** Milliseconds between two looks at a process, from which rates are told. */
const BETWEEN = 1000

function print(title: string, findings: readonly Finding[], hint: string | undefined, io: Io): void {
  const ink = inkOf(io.out, io.env)
  const width = Math.min(WIDTH, Math.max(60, io.out.columns ?? WIDTH))
  const lines = [ink('bold', title), '', ...showFindings(findings, ink, width), '', showCounts(findings)]
  if (hint !== undefined) lines.push('', hint)
  io.out.write(`${lines.join('\n')}\n`)
}

/** Two looks, so that there are rates. */
async function lookTwice(target: Target, wanted: Wanted, io: Io) {
  try {
    const before = await target.look()
    if (before.asked === undefined) return { facts: before, findings: processFindings(before) }
    await io.wait(BETWEEN)
    const facts = await target.look(wanted)
    return { facts, findings: processFindings(facts, before) }
  } finally {
    target.close()
  }
}

export const doctor: Command = {
  name: 'doctor',
  summary: 'says what is good and bad for ebb on this machine, or in a process',
  usage: ['doctor [--json]', 'doctor --pid PID [--json]', 'doctor --inspect [HOST:]PORT [--json]'],
  about:
    'Loads the addon and says in plain words what this runtime and this machine mean for ebb: PASS as it should be, NOTE worth knowing, ' +
    'WARN memory is held or will be missed, FAIL ebb does not work here.\n\n' +
    'With --pid or --inspect: advice on a process that runs, by fixed rules. --pid alone sees what the kernel sees; --inspect asks ' +
    'for the heaps, looks twice within a second, and changes nothing.',
  options: [
    ...TARGET_OPTIONS,
    { name: 'json', help: 'facts and findings as JSON, with the map of each heap (for ebb report); null is unlimited' },
  ],
  operands: 'none',
  examples: [
    ['npx ebb doctor', 'this machine and this Node'],
    ['npx ebb doctor --pid 4711', 'a process, as the kernel sees it'],
    ['node --inspect=9229 app.js & npx ebb doctor --inspect 9229', 'a process and its heaps'],
    ['npx ebb doctor --inspect 9229 --json | npx ebb report - -o heaps.html', 'the same as a page, with a map'],
    ['npx ebb doctor --json | jq .findings', 'for programs'],
  ],
  async run(args, io) {
    const target = await targetOf('doctor', args, io)
    let title = 'ebb doctor: this machine'
    let hint: string | undefined
    let seen: { readonly facts: unknown; readonly findings: readonly Finding[] }
    if (target === undefined) {
      const facts = machineFacts(io)
      seen = { facts, findings: machineFindings(facts) }
    } else {
      const { facts, findings } = await lookTwice(target, { map: args.has('json') }, io)
      const pid = facts.asked?.pid ?? facts.proc?.pid
      title = `ebb doctor: process ${pid} (${facts.proc?.name ?? facts.asked?.title})`
      if (facts.asked === undefined && facts.proc?.hasAddon === true) {
        hint = `To see its heaps: kill -USR1 ${pid}, then ebb doctor --inspect 9229`
      }
      seen = { facts, findings }
    }
    if (args.has('json')) io.out.write(`${JSON.stringify(seen, undefined, 2)}\n`)
    else print(title, seen.findings, hint, io)
    return ['WARN', 'FAIL'].includes(worst(seen.findings)) ? EXIT.found : EXIT.ok
  },
}
