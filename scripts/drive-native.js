'use strict'
// Drives the addon's C++ without V8 (test/native/): a small engine has the functions of Node-API, so that it takes 30,000 calls a second
// under sanitizers. And Node with the addon, under valgrind. Linux; compilers and valgrind are installed where they can be. Arguments:
//     fuzz           libFuzzer: AddressSanitizer, UBSan, and a model of every byte. Skipped where there is no clang
//     races          threads that share regions and parts, under ThreadSanitizer
//     valgrind       memcheck over some worlds of the fuzzer
//     node           memcheck over Node itself, with the addon: a smoke set (test/native/node-smoke.js). Needs a built checkout
//     --seconds N    how long the fuzzer runs, the others for a quarter of it; default 40
//     --seed N       of the worlds; default 1
//     --prove        puts known faults into a copy of the sources, and fails unless each is found
// What is named is run, all by default. `N passed, N failed, N skipped` is also in out/native.json.
const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { buildAddon, buildDriver, findCompiler } = require('./native/compile.js')
const { FAULTS, seed: seedFault } = require('./native/faults.js')
const { installDebian, root } = require('./platforms/tools.js')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    prove: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const first = Number(values.seed)
if (!(seconds >= 1 && Number.isInteger(first))) throw new Error('--seconds is 1 or more, --seed a whole number')

/** Of an input that libFuzzer makes: some 300 calls. */
const MOST_BYTES = 2000
const FIRST_INPUTS = 60

/** Runs a program to its end. */
function end(program, args, env = {}) {
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28,
    cwd: path.join(root, 'build', 'drivers'),
  })
  return { isOk: status === 0, output: `${stdout}${stderr}${signal ? `ended by ${signal}\n` : ''}` }
}

/** Inputs to begin with: bytes of a generator, so that a first run repeats. */
function fillCorpus(folder) {
  mkdirSync(folder, { recursive: true })
  if (readdirSync(folder).length > 0) return
  let state = first >>> 0
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  }
  for (let i = 0; i < FIRST_INPUTS; i++) {
    const length = [60, 200, 600, MOST_BYTES][i % 4]
    writeFileSync(path.join(folder, `first-${i}`), Uint8Array.from({ length }, next))
  }
}

/** Repeats rounds of a program with a new seed each, until the time is over; returns the last one. */
function rounds(run) {
  const start = Date.now()
  let seed = first
  for (;;) {
    const result = run(seed++)
    const isOver = Date.now() - start > (seconds / 4) * 1000
    if (!result.isOk || isOver) return { ...result, what: `seeds ${first} to ${seed - 1}` }
  }
}

const KINDS = {
  fuzz: {
    driver: 'fuzz',
    run(program) {
      const corpus = path.join(root, 'build', 'drivers', 'corpus')
      fillCorpus(corpus)
      const limits = [`-max_total_time=${seconds}`, `-max_len=${MOST_BYTES}`, '-len_control=0', '-print_final_stats=1']
      const result = end(program, [...limits, `-seed=${first}`, '-artifact_prefix=./', corpus], {
        ASAN_OPTIONS: 'quarantine_size_mb=32',
      })
      const stat = (name) => new RegExp(`stat::${name}:\\s*(\\d+)`).exec(result.output)?.[1]
      return { ...result, what: `${stat('number_of_executed_units')} inputs` }
    },
  },
  races: { driver: 'races', run: (program) => rounds((seed) => end(program, [String(seed), '10'])) },
  valgrind: {
    driver: 'smoke',
    needs: () => installDebian(['valgrind'], ['valgrind']),
    run(program) {
      const options = ['-q', '--error-exitcode=9', '--leak-check=full', '--errors-for-leak-kinds=definite,possible']
      return rounds((seed) => end('valgrind', [...options, program, String(seed * 10), '10']))
    },
  },
  node: {
    driver: 'addon',
    build: buildAddon,
    needs: () => installDebian(['valgrind'], ['valgrind']),
    run(folder) {
      // Compiled code would be checked as well, and takes three times as long. V8 lets go of much only by ending: no leaks.
      const known = `--suppressions=${path.join(root, 'test', 'native', 'node.supp')}`
      const options = ['-q', '--error-exitcode=9', '--leak-check=no', known]
      const node = [process.execPath, '--jitless', '--expose-gc']
      const result = end('valgrind', [...options, ...node, path.join(root, 'test', 'native', 'node-smoke.js'), folder])
      const isOk = result.isOk && result.output.includes('reached its end')
      return { ...result, isOk, what: 'a smoke set on Node' }
    },
  },
}

/** The lines of a report that say what is wrong and where. */
const shorten = (output) =>
  output
    .split('\n')
    .filter((line) => !/\t(NEW|REDUCE|pulse)|^#\d+\s|stat::|# Uses/.test(line))
    .slice(0, 60)
    .join('\n')

/** Looks whether each known fault is found. */
function prove(kind, compiler) {
  const { driver, build = buildDriver, run } = KINDS[kind]
  const missed = []
  for (const fault of FAULTS.filter((each) => each.kind === driver)) {
    const { isOk } = run(build(driver, compiler, seedFault(fault)))
    console.log(`  ${fault.why}: ${isOk ? 'NOT FOUND' : 'found'}`)
    if (isOk) missed.push(fault.why)
  }
  return { isOk: missed.length === 0, output: missed.join('\n'), what: 'known faults' }
}

const totals = { passed: 0, failed: 0, skipped: 0 }
const wanted = positionals.length > 0 ? positionals : Object.keys(KINDS)
for (const kind of wanted) {
  if (KINDS[kind] === undefined) throw new Error(`${kind} is none of ${Object.keys(KINDS).join(', ')}`)
  const { driver, build = buildDriver, needs, run } = KINDS[kind]
  const { compiler, why = needs?.() } = findCompiler(driver)
  if (compiler === undefined || why !== undefined) {
    console.log(`${kind}: skipped: ${why}`)
    totals.skipped++
    continue
  }
  const { isOk, output, what } = values.prove ? prove(kind, compiler) : run(build(driver, compiler))
  console.log(`${kind}: ${isOk ? (values.prove ? 'each found' : 'nothing found') : 'FAILED'}, ${what}`)
  if (!isOk) console.error(shorten(output))
  totals[isOk ? 'passed' : 'failed']++
}
rmSync(path.join(root, 'build', 'drivers', 'sources'), { recursive: true, force: true })
if (!existsSync(path.join(root, 'out'))) mkdirSync(path.join(root, 'out'))
writeFileSync(path.join(root, 'out', 'native.json'), JSON.stringify(totals))
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed === 0 ? 0 : 1
