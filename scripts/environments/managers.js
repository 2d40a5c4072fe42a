'use strict'
// Package managers in pinned versions: each installs the tarball into an empty project, with scripts on, and a program runs in it.
const { existsSync, rmSync } = require('node:fs')
const path = require('node:path')
const { npm } = require('../platforms/tools.js')
const { PROGRAMS, inScratch, mustWork, node, write } = require('./project.js')

/** Runs the command of a package from npm. */
const npx = (folder, spec, command, ...args) =>
  npm(['exec', '--yes', `--package=${spec}`, '--', command, ...args], { cwd: folder, env: managerEnv() })

/** yarn 4 does not read npm's configuration. */
function managerEnv() {
  const registry = npm(['config', 'get', 'registry']).trim()
  const env = { ...process.env, npm_config_loglevel: 'error', YARN_NPM_REGISTRY_SERVER: registry, CI: '' }
  if (registry.startsWith('http:')) env.YARN_UNSAFE_HTTP_WHITELIST = new URL(registry).hostname
  return env
}

/** Installs the tarball with a manager and runs both programs; `start` is for managers that node needs the help of. */
function installs(tarball, files, install, start = (folder, file) => node([file], { cwd: folder })) {
  inScratch((folder) => {
    write(folder, { 'package.json': '{ "name": "project", "private": true }\n', ...PROGRAMS, ...files })
    install(folder, `file:${tarball}`)
    for (const file of Object.keys(PROGRAMS)) mustWork(start(folder, file), file)
    const installed = path.join(folder, 'node_modules', 'ebb')
    if (existsSync(path.join(installed, 'build'))) throw new Error('the addon was compiled at install')
  })
}

function pnpm(version) {
  return (tarball) => installs(tarball, {}, (folder, file) => npx(folder, `pnpm@${version}`, 'pnpm', 'add', file))
}

function yarn4(linker) {
  const yarn = (folder, ...args) => npx(folder, '@yarnpkg/cli-dist@4.18.1', 'yarn', ...args)
  const files = { '.yarnrc.yml': `nodeLinker: ${linker}\npnpEnableEsmLoader: true\n`, 'yarn.lock': '' }
  const start = linker === 'pnp' ? (folder, file) => yarn(folder, 'node', file) : undefined
  return (tarball) => installs(tarball, files, (folder, file) => yarn(folder, 'add', `ebb@${file}`), start)
}

/** Builds the addon from source where ebb is installed, and works with it alone. */
function buildFromSource(tarball) {
  inScratch((folder) => {
    write(folder, { 'package.json': '{ "name": "project", "private": true }\n', ...PROGRAMS })
    npm(['install', '--no-audit', `file:${tarball}`], { cwd: folder })
    npm(['exec', '--', 'ebb', 'build'], { cwd: folder })
    rmSync(path.join(folder, 'node_modules', 'ebb', 'prebuilds'), { recursive: true })
    for (const file of Object.keys(PROGRAMS)) mustWork(node([file], { cwd: folder }), file)
  })
}

/** Name, and what installs and runs; throws where it does not work. */
const MANAGERS = {
  npm: (tarball) => installs(tarball, {}, (folder, file) => npm(['install', '--no-audit', file], { cwd: folder })),
  'yarn 1': (tarball) => installs(tarball, {}, (folder, file) => npx(folder, 'yarn@1.22.22', 'yarn', 'add', file)),
  'yarn 4, node_modules': yarn4('node-modules'),
  'yarn 4, pnp': yarn4('pnp'),
  'pnpm 9': pnpm('9.15.9'),
  'pnpm 10': pnpm('10.34.8'),
  'npx ebb build': buildFromSource,
}

module.exports = { MANAGERS }
