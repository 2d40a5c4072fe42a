'use strict'
// Tests the packed tarball as a user gets it: installed into an empty project with install scripts off and no compiler on the
// PATH, loaded as ES module and as CommonJS, then the in-process part of the test suite.
//
//     node scripts/platforms/installed.js ebb-0.1.0.tgz
const { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { cache, npm, root, run } = require('./tools.js')

const IN_PROCESS = path.join(__dirname, 'in-process.js')

const USE = `
const heap = new Heap()
const pointer = heap.alloc(100)
heap.setUint32(pointer, 0, 42)
const text = \`\${heap.getUint32(pointer, 0)} \${heap.stats().blocks}\`
heap.free(pointer)
heap.close()
console.log(text === '42 1' ? 'it works' : text)
`
const SMOKES = {
  'smoke.cjs': `'use strict'\nconst { Heap } = require('ebb')\n${USE}`,
  'smoke.mjs': `import { createRequire } from 'node:module'
import { Heap, HeapError } from 'ebb'
const cjs = createRequire(import.meta.url)('ebb')
if (cjs.Heap !== Heap || cjs.HeapError !== HeapError) throw new Error('two copies of the implementation')
${USE}`,
  'rss.cjs': `'use strict'\nconsole.log(typeof require('ebb/rss') === 'object' ? 'it works' : 'no')\n`,
  'rss.mjs': `import * as rss from 'ebb/rss'\nconsole.log(Object.keys(rss).length > 0 ? 'it works' : 'no')\n`,
}

/** A folder whose only programs are node and what npm needs; in place of PATH. */
function barePath() {
  if (process.platform === 'win32') return path.dirname(process.execPath)
  const folder = path.join(cache, 'bare-path')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  symlinkSync(process.execPath, path.join(folder, 'node'))
  symlinkSync('/bin/sh', path.join(folder, 'sh'))
  return folder
}

/** npm's own script, to be run without a PATH: where node is installed, or where npm says that it is. */
function npmScript() {
  const bin = path.dirname(process.execPath)
  const folders = [path.join(bin, 'node_modules'), path.join(bin, '..', 'lib', 'node_modules')]
  const scripts = folders.map((folder) => path.join(folder, 'npm', 'bin', 'npm-cli.js'))
  const found = scripts.find((file) => existsSync(file))
  return found ?? path.join(npm(['root', '--global']).trim(), 'npm', 'bin', 'npm-cli.js')
}

/** Installs a tarball into an empty project; returns the project's folder. */
function installTarball(tarball) {
  const project = path.join(cache, 'project')
  rmSync(project, { recursive: true, force: true })
  mkdirSync(project, { recursive: true })
  writeFileSync(path.join(project, 'package.json'), '{ "name": "project", "private": true }\n')
  const npmCli = npmScript()
  const PATH = barePath()
  for (const compiler of ['cc', 'gcc', 'g++', 'clang', 'make', 'python3']) {
    if (process.platform !== 'win32' && spawnSync(compiler, ['--version'], { env: { PATH } }).error === undefined) {
      throw new Error(`${compiler} is on the PATH that should have none`)
    }
  }
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', path.resolve(tarball)]
  run(process.execPath, [npmCli, ...args], { cwd: project, env: { ...process.env, PATH } })
  for (const [file, text] of Object.entries(SMOKES)) writeFileSync(path.join(project, file), text)
  return project
}

/** Which of the smoke scripts a package has the entries for. */
function smokesOf(project) {
  const hasRss = existsSync(path.join(project, 'node_modules', 'ebb', 'dist', 'rss', 'index.mjs'))
  return Object.keys(SMOKES).filter((file) => hasRss || !file.startsWith('rss'))
}

/** The last line of JSON that in-process.js wrote, or what stands for it where there is none. */
function parseReport(output) {
  const line = output.trim().split(/\r?\n/).at(-1) ?? ''
  if (!line.startsWith('{')) return { passed: 0, failed: 1, skipped: [], resident: {} }
  return JSON.parse(line)
}

/**
 * Runs everything against the installed package.
 * @param start - (args, { cwd }) -> { isOk, output }: starts a script with the runtime under test
 * @returns passed, failed, skipped, resident, and the output of what failed
 */
function testInstalled(project, start) {
  const failures = []
  let passed = 0
  for (const file of smokesOf(project)) {
    const { isOk, output } = start([path.join(project, file)], { cwd: project })
    if (isOk && output.trim() === 'it works') passed++
    else failures.push(`${file}: ${output}`)
  }
  const { isOk, output } = start(['--expose-gc', IN_PROCESS, path.join(project, 'node_modules', 'ebb')], {
    cwd: project,
  })
  const report = parseReport(output)
  const failed = failures.length + Math.max(report.failed, isOk ? 0 : 1)
  if (!isOk) failures.push(output)
  return { ...report, passed: passed + report.passed, failed, failures }
}

module.exports = { installTarball, testInstalled }

if (require.main === module) {
  const [tarball] = process.argv.slice(2)
  if (tarball === undefined) throw new Error('Usage: node scripts/platforms/installed.js TARBALL')
  const project = installTarball(path.resolve(root, tarball))
  const start = (args, { cwd }) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
    return { isOk: status === 0, output: stdout + stderr }
  }
  const { passed, failed, skipped, resident, failures } = testInstalled(project, start)
  for (const failure of failures) console.log(failure)
  for (const reason of skipped) console.log(`skipped: ${reason}`)
  console.log(`resident bytes: ${JSON.stringify(resident)}`)
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
  process.exitCode = failed === 0 ? 0 : 1
}
