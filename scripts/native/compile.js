'use strict'
// Compiles the addon's C++ together with the drivers of test/native/ into programs of their own, under build/drivers.
const { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } = require('node:fs')
const path = require('node:path')
const { hasCommand, installDebian, root, run } = require('../platforms/tools.js')

const SOURCES = ['addon.cc', 'poll.cc', 'regions.cc', 'os_pages_posix.cc'].map((name) => `native/${name}`)
const ENGINE = ['engine.cc', 'napi.cc', 'uv.cc', 'realm.cc']
const WORLD = ['system.cc', 'world.cc', 'world_bytes.cc']
/** These calls go by way of system.cc, which refuses some. */
const WRAPPED = ['mmap', 'munmap', 'madvise', 'mremap'].map((name) => `-Wl,--wrap=${name}`)
const SANITIZED = ['-fsanitize=address,undefined', '-fno-sanitize=vptr', '-fno-sanitize-recover=all']
/** The newest that Debian 12 and Ubuntu 24.04 have beside the plain name. */
const CLANGS = ['clang++', 'clang++-18', 'clang++-17', 'clang++-16', 'clang++-15', 'clang++-14']

const DRIVERS = {
  fuzz: { flags: ['-fsanitize=fuzzer', ...SANITIZED], files: [...WORLD, 'fuzz.cc'], link: WRAPPED },
  races: { flags: ['-fsanitize=thread'], files: ['races.cc'], link: [] },
  smoke: { flags: [], files: [...WORLD, 'smoke.cc'], link: WRAPPED },
  addon: { flags: [], files: [], link: [] },
}
/** What the addon is built and used from. */
const PACKAGE = ['dist', 'scripts', 'package.json', 'binding.gyp']

/** Whether a compiler can link a program with these flags. */
function canLink(compiler, flags) {
  const probe = path.join(root, 'build', 'drivers', 'probe')
  mkdirSync(path.dirname(probe), { recursive: true })
  const main = flags.includes('-fsanitize=fuzzer')
    ? 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }'
    : 'int main() { return 0; }'
  try {
    run('sh', ['-c', `echo '${main}' | "$0" -x c++ - "$@" -o ${probe}`, compiler, ...flags])
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { force: true })
  }
}

/** A compiler for a driver, installed if need be; undefined where there is none, and why. */
function findCompiler(kind) {
  if (process.platform !== 'linux') return { why: `this is ${process.platform}, not Linux` }
  const { flags } = DRIVERS[kind]
  const find = () => (kind === 'fuzz' ? CLANGS : ['g++']).find((name) => hasCommand(name) && canLink(name, flags))
  let compiler = find()
  if (compiler !== undefined) return { compiler }
  const needs = kind === 'fuzz' ? ['clang-14', 'libclang-rt-14-dev'] : ['g++']
  const why = installDebian([kind === 'fuzz' ? 'clang++-with-libFuzzer' : 'g++-with-its-sanitizers'], needs)
  compiler = find()
  return compiler === undefined ? { why: why ?? `no compiler links ${flags[0]}` } : { compiler }
}

/**
 * Builds a driver.
 * @param sources - the folder with native/; default: the checkout
 * @returns the program
 */
function buildDriver(kind, compiler, sources = root) {
  const { flags, files, link } = DRIVERS[kind]
  const folder = path.join(root, 'build', 'drivers', sources === root ? kind : `${kind}-seeded`)
  mkdirSync(folder, { recursive: true })
  const include = ['node-api-headers/include', 'node-addon-api'].flatMap((name) => [
    '-isystem',
    path.join(root, 'node_modules', name),
  ])
  const defines = ['NAPI_VERSION=8', 'NODE_ADDON_API_CPP_EXCEPTIONS_ALL', 'NODE_GYP_MODULE_NAME=ebb']
  const compile = ['-std=c++17', '-O1', '-g', '-fno-omit-frame-pointer', '-Wall', '-Wextra', '-Wno-cast-function-type']
  const program = path.join(folder, 'run')
  const inputs = [
    ...SOURCES.map((file) => path.join(sources, file)),
    ...[...ENGINE, ...files].map((file) => path.join(root, 'test', 'native', file)),
  ]
  const args = [...compile, ...flags, ...defines.map((name) => `-D${name}`), ...include]
  run(compiler, [...args, ...inputs, ...link, '-rdynamic', '-pthread', '-ldl', '-o', program])
  return program
}

/**
 * The addon as Node loads it.
 * @param sources - the folder with native/; default: the checkout, which is built already
 * @returns the folder of the package
 */
function buildAddon(_kind, _compiler, sources = root) {
  if (!existsSync(path.join(root, 'dist', 'index.js'))) throw new Error('dist/ is missing: npm run build')
  if (sources === root) return root
  const folder = path.join(root, 'build', 'drivers', 'addon-seeded')
  rmSync(folder, { recursive: true, force: true })
  for (const name of PACKAGE) cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  cpSync(path.join(sources, 'native'), path.join(folder, 'native'), { recursive: true })
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  run(process.execPath, [path.join(folder, 'scripts', 'build-native.js')], { cwd: folder })
  return folder
}

module.exports = { buildAddon, buildDriver, findCompiler }
