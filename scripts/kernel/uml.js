'use strict'
// Sessions in a kernel of their own.
const path = require('node:path')
const { root } = require('../platforms/tools.js')
const { boot, GROUP, groupOf, holding } = require('./boot.js')
const { MAPPING_FLAGS } = require('./flags.js')

const MIB = 2 ** 20
const GROUP_MIB = 200
const KILLED = 137 // what a shell says of SIGKILL

const file = (name) => path.join(root, 'scripts', 'kernel', name)
const inGroup = (words) => `( echo $BASHPID > ${GROUP}/cgroup.procs; exec ${words} )`

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

const script = (node) => `${groupOf(GROUP_MIB * MIB)}
echo 0 > ${GROUP}/memory.swap.max
${holding(node)}
${SESSIONS.map(
  ({ set = 'true', run, undo = 'true' }, i) => `${set}
echo "begin ${i}"
timeout -s INT 60 bash -c ${JSON.stringify(run(node)).replaceAll('$', '\\$')} 2>&1
echo "exit ${i} $?"
${undo}`,
).join('\n')}`

/** Runs all sessions in one kernel; a row for each. */
function inUserModeLinux() {
  const text = boot(script(process.execPath), 1600, 180)
  return SESSIONS.map(({ name, says = '{', ends = 0 }, i) => {
    const [, said = '', code] = new RegExp(`^begin ${i}\\n([^]*?)^exit ${i} (\\d+)`, 'm').exec(text) ?? []
    const isOk = Number(code) === ends && (ends !== 0 || said.includes(says))
    const line = said.split('\n').find((each) => each.startsWith('{')) ?? `ended with ${code}`
    return { name, isOk, line, output: code === undefined ? text : said }
  })
}

module.exports = { inUserModeLinux }
