'use strict'
// Runs the test suite on every platform that this machine can run, and prints a table. Installs what it needs: npm packages
// under build/platforms, Debian packages with apt-get. Arguments:
//     --quick         Node 20, 22 and 24, one Windows, two arm64; builds only the addons these need, and one for macOS
//     --only=TEXT     runtimes with this in "platform, name" (--only="64 KiB"); builds what --quick builds
//     --publish       puts the table into docs/platforms.md, if nothing failed
//     --tested=MAJOR  leaves the vitest run on that Node out, because the caller has just done it
// Needs a built checkout (npm ci). Ends with `N passed, N failed, N skipped`; the table is also in out/platforms.md,
// the counts in out/platforms.json.
const { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { endWine, NODES, arm64Node, bun, deno, linuxNode, windowsNode } = require('./platforms/runtimes.js')
const { installTarball, testInstalled } = require('./platforms/installed.js')
const { pack } = require('./platforms/pack.js')
const { root, run } = require('./platforms/tools.js')

const MIB = 1024 * 1024
const isQuick = process.argv.includes('--quick')
const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length)
const tested = process.argv.find((word) => word.startsWith('--tested='))?.slice('--tested='.length)

const ALL_RUNTIMES = () => [
  ...Object.values(NODES).map(linuxNode),
  ...[NODES[20], NODES[22]].map(windowsNode),
  ...[NODES[20], NODES[22], NODES[24]].flatMap((version) => [4, 16, 64].map((kib) => arm64Node(version, kib))),
  bun(),
  deno(),
]
const QUICK_RUNTIMES = () => [
  ...[NODES[20], NODES[22], NODES[24]].map(linuxNode),
  windowsNode(NODES[22]),
  ...[4, 64].map((kib) => arm64Node(NODES[22], kib)),
]

function runtimes() {
  if (only === undefined) return isQuick ? QUICK_RUNTIMES() : ALL_RUNTIMES()
  const all = ALL_RUNTIMES()
  const found = all.filter(({ platform, name }) => `${platform}, ${name}`.includes(only))
  if (found.length > 0) return found
  throw new Error(
    `no runtime has ${JSON.stringify(only)} in:\n${all.map(({ platform, name }) => `  ${platform}, ${name}`).join('\n')}`,
  )
}

/** The addons that are run here; the others are compiled, linked and inspected only. */
const RUN_TARGETS = ['linux-x64-glibc', 'linux-arm64-glibc', 'win32-x64']
/** One for each system: what only macOS compiles is compiled each time. */
const QUICK_TARGETS = [...RUN_TARGETS, 'darwin-arm64']

/** Builds the addons; returns those that are not run, one row each. */
function prebuild() {
  const args = isQuick || only !== undefined ? ['--once', ...QUICK_TARGETS] : []
  const output = run(process.execPath, ['scripts/prebuild.js', ...args])
  process.stdout.write(output)
  const built = output
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0])
  return built
    .filter((name) => !RUN_TARGETS.includes(name))
    .map((name) => ({ platform: name, name: 'none', suite: 'compiled, linked and inspected, not run', skipped: [] }))
}

/** A failure in the first few of its lines: what was expected, and where. */
const shorten = (text) => text.split('\n').slice(0, 4).join('\n')

/** The whole suite with one Node; counts, and what failed. */
function runVitest(runtime) {
  const report = path.join(root, 'out', 'platforms-vitest.json')
  rmSync(report, { force: true })
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile.json=${report}`]
  const { isOk, output } = runtime.start(args, { cwd: root })
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [], failures: [output] }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const tests = testResults.flatMap((file) => file.assertionResults)
  const failures = tests
    .filter(({ status }) => status === 'failed')
    .map((test) => `${test.fullName}\n${shorten(String(test.failureMessages))}`)
  for (const file of testResults)
    if (file.status === 'failed' && file.message) failures.push(`${file.name}: ${file.message}`)
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map((test) => test.fullName)
  return { passed: numPassedTests, failed: Math.max(numFailedTests, isOk ? 0 : 1), skipped, failures }
}

const mib = (bytes) => (bytes === undefined ? '' : (bytes / MIB).toFixed(0))

/** Runs one runtime; returns its row of the table. */
function test(runtime, project) {
  const { platform, name } = runtime
  const reason = runtime.prepare()
  if (reason !== undefined) return { platform, name, suite: 'not run', skipped: [`all of it: ${reason}`], resident: {} }
  const isTested = runtime.hasVitest && name.startsWith(`Node ${tested}.`)
  const installed = testInstalled(project, (args, options) => runtime.start(args, options))
  const suite = runtime.hasVitest && !isTested ? runVitest(runtime) : undefined
  const skipped = [...installed.skipped, ...(suite?.skipped ?? []).map((title) => `${title}: skipped by its test file`)]
  if (isTested) skipped.push('the vitest suite: run just before with this version')
  if (runtime.noVitest) skipped.push(`the vitest suite: ${runtime.noVitest}`)
  return {
    platform,
    name,
    suite:
      suite === undefined
        ? 'in-process part'
        : `${suite.passed} passed${suite.failed ? `, ${suite.failed} FAILED` : ''}`,
    installed: `${installed.passed} passed${installed.failed ? `, ${installed.failed} FAILED` : ''}`,
    passed: installed.passed + (suite?.passed ?? 0),
    failed: installed.failed + (suite?.failed ?? 0),
    failures: [...installed.failures, ...(suite?.failures ?? [])],
    skipped,
    resident: installed.resident,
  }
}

/** The table in Markdown; the reasons for skips are numbered below it. */
function table(rows) {
  const reasons = [...new Set(rows.flatMap(({ skipped }) => skipped))]
  const notes = (skipped) => skipped.map((reason) => reasons.indexOf(reason) + 1).join(' ')
  const lines = rows.map(({ platform, name, suite, installed = '', skipped, resident = {} }) => {
    const figures = [resident.before, resident.full, resident.after].map(mib)
    return `| ${[platform, name, suite, installed, notes(skipped), ...figures].join(' | ')} |`
  })
  return [
    '| platform | runtime | suite in the checkout | installed package | skipped, see below | MiB resident before | full | after release |',
    '|---|---|---|---|---|--:|--:|--:|',
    ...lines,
    '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
    '',
  ].join('\n')
}

/** Puts the table where docs/platforms.md ends, under its heading, with the date. */
function publish(text) {
  const file = path.join(root, 'docs', 'platforms.md')
  const [head] = readFileSync(file, 'utf8').split('## The table\n')
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync(
    file,
    `${head}## The table\n\n\`npm run platforms\`, ${date}, on one Linux x64 machine with two cores.\n\n${text}`,
  )
}

function main() {
  mkdirSync(path.join(root, 'out'), { recursive: true })
  const compiled = prebuild()
  const { tarball, size, files } = pack()
  console.log(`tarball: ${size} bytes, ${files.length} files`)
  const project = installTarball(tarball)
  const rows = []
  for (const runtime of runtimes()) {
    const start = Date.now()
    const row = test(runtime, project)
    const seconds = ((Date.now() - start) / 1000).toFixed(0)
    console.log(
      `${row.platform}, ${row.name}: ${row.passed ?? 0} passed, ${row.failed ?? 0} failed, ${row.skipped.length} skipped, ${seconds} s`,
    )
    for (const failure of row.failures ?? []) console.log(failure)
    rows.push(row)
  }
  endWine()
  const text = table([...rows, ...compiled])
  writeFileSync(path.join(root, 'out', 'platforms.md'), text)
  console.log(`\n${text}`)
  const total = (field) => rows.reduce((sum, row) => sum + (row[field] ?? 0), 0)
  const totals = {
    passed: total('passed'),
    failed: total('failed'),
    skipped: rows.reduce((sum, row) => sum + row.skipped.length, 0),
  }
  writeFileSync(path.join(root, 'out', 'platforms.json'), JSON.stringify(totals))
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
  if (totals.failed === 0 && process.argv.includes('--publish')) publish(text)
  return totals.failed === 0 && totals.passed > 0
}

try {
  process.exitCode = main() ? 0 : 1
} catch (error) {
  console.error(`The platforms were not tested: ${error.message}`)
  process.exitCode = 1
}
