'use strict'
// Builds the addon: build/Release/ebb.node, or build/Debug/ebb.node with --debug. Only the one just built is kept,
// so that the loader has no choice to make. In a checkout node-gyp and node-addon-api are development dependencies and
// binding.gyp is there. Where ebb is installed (`npx ebb build`) there is neither: the tools are fetched into a temporary
// folder, and the addon is built there.
const { spawnSync } = require('node:child_process')
const { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { tmpdir } = require('node:os')
const path = require('node:path')

const root = path.join(__dirname, '..')
const TOOLS = ['node-gyp', 'node-addon-api']

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (error) throw error
  if (status !== 0) throw new Error(`${path.basename(args[0] ?? command)} ended with ${status}`)
}

/** A folder with the sources of the addon, what node-gyp reads, and the tools in the versions that ebb is developed with. */
function makeFolder() {
  const { devDependencies } = require('../package.json')
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-build-'))
  cpSync(path.join(root, 'native'), path.join(folder, 'native'), { recursive: true })
  writeFileSync(path.join(folder, 'binding.gyp'), "{ 'includes': ['native/ebb.gypi'] }\n")
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const wanted = TOOLS.map((tool) => `${tool}@${devDependencies[tool]}`)
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted]
  run('npm', args, { cwd: folder, shell: process.platform === 'win32' })
  return folder
}

/** The folder that holds include/node of the running node, if it is installed with its headers. */
function headers() {
  const prefix = path.dirname(path.dirname(process.execPath))
  const isThere = process.platform !== 'win32' && existsSync(path.join(prefix, 'include', 'node', 'node_api.h'))
  return isThere ? [`--nodedir=${prefix}`] : []
}

/** Runs node-gyp in a folder that has binding.gyp and the tools. */
function nodeGyp(folder, isDebug) {
  const gyp = createRequire(path.join(folder, 'index.js')).resolve('node-gyp/bin/node-gyp.js')
  const mode = isDebug ? '--debug' : '--release'
  run(process.execPath, [gyp, 'configure', 'build', mode, '--loglevel=warn', ...headers()], { cwd: folder })
}

function build(isDebug) {
  rmSync(path.join(root, 'build', isDebug ? 'Release' : 'Debug', 'ebb.node'), { force: true })
  if (existsSync(path.join(root, 'binding.gyp'))) {
    nodeGyp(root, isDebug)
    return
  }
  const folder = makeFolder()
  try {
    nodeGyp(folder, isDebug)
    const file = path.join('build', isDebug ? 'Debug' : 'Release', 'ebb.node')
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    // A process that has loaded the old one keeps it: it is replaced, not written over.
    rmSync(path.join(root, file), { force: true })
    cpSync(path.join(folder, file), path.join(root, file))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  build(process.argv.includes('--debug'))
} catch (error) {
  console.error(`The addon was not built: ${error.message}`)
  process.exitCode = 1
}
