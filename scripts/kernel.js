'use strict'
// What a process sees of a kernel that refuses: address space and data limited at many points, as many mappings as there may be, and, in
// user-mode Linux (Debian's user-mode-linux, a kernel that runs as a plain process), strict overcommit, few mappings, and a control group
// that is full. Each session (scripts/kernel/) must end by itself, without a signal: an error with its code, books right, a retry that works.
// Only the control group kills, which nobody in the process hears of. Arguments: names of parts, default: all; --quick for every fifth point.
// Linux, a built checkout. `N passed, N failed, N skipped` is also in out/kernel.json.
const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { MAPPING_FLAGS } = require('./kernel/flags.js')
const { inUserModeLinux } = require('./kernel/uml.js')
const { hasCommand, installDebian, root } = require('./platforms/tools.js')

const MIB = 2 ** 20
const isQuick = process.argv.includes('--quick')
const file = (name) => path.join(root, 'scripts', 'kernel', name)
const EXHAUST = file('exhaust.js')
/** MiB beyond what a bare Node has. */
const POINTS = [16, 64, 200, 400, 600, 700, 900, 1200, 1800, 2500, 3300, 4300, 5000, 6500, 9000]
/** MiB: some of each fit into the near memory of a small space, and the last does not. */
const BLOCKS = [3, 20, 100]

/** How a session ended, and the line that it said. */
function ended({ status, signal, stdout, stderr }) {
  const line = stdout.split('\n').find((text) => text.startsWith('{'))
  return { isOk: status === 0 && signal === null && line !== undefined, line, output: `${stdout}${stderr}` }
}

const node = (args, prefix = []) => {
  const [command, ...rest] = [...prefix, process.execPath, ...args]
  return spawnSync(command, rest, { encoding: 'utf8' })
}

/** Bytes of a line of /proc/self/status of a Node that does nothing. */
function bareNode(name) {
  const script = `console.log(require('node:fs').readFileSync('/proc/self/status', 'latin1'))`
  return 1024 * Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(node(['-e', script]).stdout)[1])
}

/** The session under a limit at each point; where even a bare Node does not start, there is nothing to see. */
function atPoints(limit, name) {
  const base = bareNode(name)
  const rows = []
  for (const mebibytes of POINTS.filter((_, i) => !isQuick || i % 5 === 0)) {
    for (const block of BLOCKS) {
      const prefix = ['prlimit', `--${limit}=${base + mebibytes * MIB}`]
      if (node(['-e', '0'], prefix).status !== 0) continue
      const result = ended(node([EXHAUST, String(block * MIB), String(block < 100 ? 400 : 60)], prefix))
      rows.push({ ...result, name: `${limit} +${mebibytes} MiB, blocks of ${block} MiB` })
    }
  }
  return rows
}

const PARTS = {
  as: () => atPoints('as', 'VmSize'),
  data: () => atPoints('data', 'VmData'),
  mappings: () => [
    { ...ended(node([...MAPPING_FLAGS, file('mappings.js')])), name: 'as many mappings as there may be' },
  ],
  uml: () => inUserModeLinux(),
}
const NEEDS = {
  as: () => installDebian(['prlimit'], ['util-linux']),
  data: () => installDebian(['prlimit'], ['util-linux']),
  mappings: () => undefined,
  uml: () => (hasCommand('linux.uml') ? undefined : installDebian(['linux.uml'], ['user-mode-linux'])),
}

if (!existsSync(path.join(root, 'dist', 'inside.js'))) throw new Error('dist/ is missing: npm run build')
const totals = { passed: 0, failed: 0, skipped: 0 }
const named = process.argv.slice(2).filter((word) => word !== '--quick')
const wanted = named.length > 0 ? named : Object.keys(PARTS)
for (const part of wanted) {
  if (PARTS[part] === undefined) throw new Error(`${part} is none of ${Object.keys(PARTS).join(', ')}`)
  const why = process.platform === 'linux' ? NEEDS[part]() : `this is ${process.platform}, not Linux`
  if (why !== undefined) {
    console.log(`${part}: skipped: ${why}`)
    totals.skipped++
    continue
  }
  for (const { isOk, name, line, output } of PARTS[part]()) {
    console.log(`${isOk ? 'ok' : 'FAILED'}  ${name}: ${line ?? ''}`)
    if (!isOk) console.error(output)
    totals[isOk ? 'passed' : 'failed']++
  }
}
mkdirSync(path.join(root, 'out'), { recursive: true })
writeFileSync(path.join(root, 'out', 'kernel.json'), JSON.stringify(totals))
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed === 0 ? 0 : 1
