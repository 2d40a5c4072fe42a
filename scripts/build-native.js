'use strict'
// Builds the addon: build/Release/ebb.node, or build/Debug/ebb.node with --debug. Only the one just built is kept,
// so that the loader has no choice to make. In a checkout node-gyp and node-addon-api are development dependencies;
// where ebb is installed without them (`npx ebb build`) they are fetched into a temporary folder first.
const { spawnSync } = require('node:child_process')
const { existsSync, mkdtempSync, rmSync } = require('node:fs')
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

function canResolveTools() {
  try {
    for (const tool of TOOLS) require.resolve(`${tool}/package.json`)
    return true
  } catch {
    return false
  }
}

/** Installs the tools in the versions that ebb is developed with; returns the folder. */
function fetchTools() {
  const { devDependencies } = require('../package.json')
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-build-'))
  const wanted = TOOLS.map((tool) => `${tool}@${devDependencies[tool]}`)
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted]
  run('npm', args, { cwd: folder, shell: process.platform === 'win32' })
  return folder
}

/** The folder that holds include/node of the running node, if it is installed with its headers. */
function headers() {
  const prefix = path.dirname(path.dirname(process.execPath))
  const isThere = process.platform !== 'win32' && existsSync(path.join(prefix, 'include', 'node', 'node_api.h'))
  return isThere ? [`--nodedir=${prefix}`] : []
}

function build(isDebug) {
  rmSync(path.join(root, 'build', isDebug ? 'Release' : 'Debug', 'ebb.node'), { force: true })
  const fetched = canResolveTools() ? undefined : fetchTools()
  try {
    const from = fetched === undefined ? require : createRequire(path.join(fetched, 'index.js'))
    const gyp = from.resolve('node-gyp/bin/node-gyp.js')
    const env = fetched === undefined ? process.env : { ...process.env, NODE_PATH: path.join(fetched, 'node_modules') }
    const args = [gyp, 'configure', 'build', isDebug ? '--debug' : '--release', '--loglevel=warn', ...headers()]
    run(process.execPath, args, { env })
  } finally {
    if (fetched !== undefined) rmSync(fetched, { recursive: true, force: true })
  }
}

try {
  build(process.argv.includes('--debug'))
} catch (error) {
  console.error(`The addon was not built: ${error.message}`)
  process.exitCode = 1
}
