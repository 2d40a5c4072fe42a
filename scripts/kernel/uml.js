'use strict'
// Sessions in a kernel of their own: user-mode Linux over this machine's own files, read only. It starts in some seconds, and what is set
// in it is set nowhere else.
const { spawnSync } = require('node:child_process')
const { chmodSync, mkdirSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { root } = require('../platforms/tools.js')
const { MAPPING_FLAGS } = require('./flags.js')

const MIB = 2 ** 20
const GROUP_MIB = 200
const KILLED = 137 // what a shell says of SIGKILL

const file = (name) => path.join(root, 'scripts', 'kernel', name)
const inGroup = (words) => `( echo $BASHPID > /sys/fs/cgroup/ebb/cgroup.procs; exec ${words} )`

/** What is set first, what is run, how it must end, and what it must say. */
const SESSIONS = [
  {
    name: 'few mappings (vm.max_map_count 2000)',
    set: 'echo 2000 > /proc/sys/vm/max_map_count',
    run: (node) => [node, ...MAPPING_FLAGS, file('mappings.js')].join(' '),
    undo: 'echo 65530 > /proc/sys/vm/max_map_count',
  },
  {
    name: `a control group of ${GROUP_MIB} MiB, a heap with a limit below it`,
    run: (node) => inGroup(`${node} ${file('fill.js')} 400 100`),
    says: '"refused":"EBB_LIMIT","blocks":100,"again":"served"',
  },
  {
    name: `a control group of ${GROUP_MIB} MiB, no limit: SIGKILL`,
    run: (node) => inGroup(`${node} ${file('fill.js')} 400 0`),
    ends: KILLED,
  },
  ...[4, 64].map((mebibytes) => ({
    name: `strict overcommit (vm.overcommit_memory 2), blocks of ${mebibytes} MiB`,
    set: 'echo 2 > /proc/sys/vm/overcommit_memory',
    run: (node) => `${node} ${file('exhaust.js')} ${mebibytes * MIB} 400`,
    says: '"EBB_OUT_OF_MEMORY"',
    undo: 'echo 0 > /proc/sys/vm/overcommit_memory',
  })),
]

const init = (node) => `#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/ebb
echo ${GROUP_MIB * MIB} > /sys/fs/cgroup/ebb/memory.max
echo 0 > /sys/fs/cgroup/ebb/memory.swap.max
${node} -e 'setInterval(() => {}, 1e6)' & # holds the page cache of node outside of the group
sleep 1
${SESSIONS.map(
  ({ set = 'true', run, undo = 'true' }, i) => `${set}
echo "begin ${i}"
timeout -s INT 60 bash -c ${JSON.stringify(run(node)).replaceAll('$', '\\$')} 2>&1
echo "exit ${i} $?"
${undo}`,
).join('\n')}
echo o > /proc/sysrq-trigger
sleep 10
`

/** Runs all sessions in one kernel; a row for each. */
function inUserModeLinux() {
  const folder = path.join(root, 'build', 'uml')
  mkdirSync(folder, { recursive: true })
  const script = path.join(folder, 'init')
  writeFileSync(script, init(process.execPath))
  chmodSync(script, 0o755)
  const boot = ['mem=1600M', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'con=null', 'con0=fd:0,fd:1', 'quiet']
  const { stdout } = spawnSync('linux.uml', [...boot, `init=${script}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 180_000,
  })
  rmSync(folder, { recursive: true, force: true })
  const text = stdout.replaceAll('\r', '')
  return SESSIONS.map(({ name, says = '{', ends = 0 }, i) => {
    const [, said = '', code] = new RegExp(`^begin ${i}\\n([^]*?)^exit ${i} (\\d+)`, 'm').exec(text) ?? []
    const isOk = Number(code) === ends && (ends !== 0 || said.includes(says))
    const line = said.split('\n').find((each) => each.startsWith('{')) ?? `ended with ${code}`
    return { name, isOk, line, output: code === undefined ? text : said }
  })
}

module.exports = { inUserModeLinux }
