'use strict'
// Runs commands and brings tools onto the machine: packages of npm into folders under build/, Debian's with apt-get.
const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..', '..')
/** What `npm run platforms` downloads; a second run finds it there. */
const cache = path.join(root, 'build', 'platforms')

/** Runs a command to its end; returns what it wrote to stdout. Throws with all of its output if it fails. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  if (result.error) throw result.error
  if (result.status !== 0) {
    const how = result.status === null ? `was ended by ${result.signal}` : `ended with ${result.status}`
    throw new Error(`${path.basename(command)} ${args.join(' ')} ${how}\n${result.stdout ?? ''}${result.stderr ?? ''}`)
  }
  return result.stdout
}

function npm(args, options = {}) {
  const env = { ...process.env, npm_config_loglevel: 'error' }
  return run('npm', args, { env, shell: process.platform === 'win32', ...options })
}

/** Installs packages into a folder of their own, without running a script of theirs, unless they are there. Options of npm may be among them. */
function installNpm(folder, ...packages) {
  const stamp = path.join(folder, 'installed.txt')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === packages.join('\n')) return folder
  mkdirSync(folder, { recursive: true })
  npm(['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
  })
  writeFileSync(stamp, packages.join('\n'))
  return folder
}

/** Unpacks a package that npm will not install here because it is for another platform. Returns its folder. */
function unpackNpm(spec) {
  const folder = path.join(cache, 'unpacked', spec.replace(/[@/]/g, '_'))
  if (existsSync(folder)) return folder
  const scratch = `${folder}.part`
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true })
  npm(['pack', '--silent', '--pack-destination', scratch, spec], { cwd: scratch })
  run('sh', ['-c', 'tar -xzf ./*.tgz && rm ./*.tgz'], { cwd: scratch })
  renameSync(path.join(scratch, 'package'), folder)
  rmSync(scratch, { recursive: true, force: true })
  return folder
}

const hasCommand = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

/**
 * Installs Debian packages where one of their commands is missing.
 * @returns undefined, or why it was not possible
 */
function installDebian(commands, packages) {
  const missing = commands.filter((name) => !hasCommand(name))
  if (missing.length === 0) return undefined
  const need = `needs ${missing.join(', ')} (Debian: ${packages.join(' ')})`
  if (process.platform !== 'linux' || !hasCommand('apt-get')) return need
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '-n']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', '-qq', ...args]
    return run(command, rest, { env })
  }
  try {
    apt('update')
    apt('install', '-y', '--no-install-recommends', ...packages)
  } catch (error) {
    return `${need}: ${error.message.split('\n')[0]}`
  }
  return undefined
}

module.exports = { cache, hasCommand, installDebian, installNpm, npm, root, run, unpackNpm }
