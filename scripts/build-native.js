'use strict'
// Builds the addon: build/Release/ebb.node, or build/Debug/ebb.node with --debug. Only the one just built is kept,
// so that the loader has no choice to make. Uses the headers beside the running node where they are installed
// (no download), else node-gyp fetches them.
const { spawnSync } = require('node:child_process')
const { existsSync, rmSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const debug = process.argv.includes('--debug')
const prefix = path.dirname(path.dirname(process.execPath))
const hasHeaders = existsSync(path.join(prefix, 'include', 'node', 'node_api.h'))

rmSync(path.join(root, 'build', debug ? 'Release' : 'Debug', 'ebb.node'), { force: true })

const gyp = require.resolve('node-gyp/bin/node-gyp.js')
const args = [gyp, 'configure', 'build', debug ? '--debug' : '--release', '--loglevel=warn']
if (hasHeaders && process.platform !== 'win32') args.push(`--nodedir=${prefix}`)
const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
if (error) throw error
process.exitCode = status ?? 1
