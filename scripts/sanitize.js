'use strict'
// Runs tests with an addon built for AddressSanitizer and UndefinedBehaviorSanitizer. A copy of the checkout under build/sanitized has
// it, so that the addon of the checkout stays what it is. Arguments: test files or folders, and options of vitest; default: QUICK.
// With --thread: for ThreadSanitizer, over the tests with threads. Node itself is not built for it: only what the addon does is looked at.
// Needs Linux, gcc with its sanitizers, and a built checkout. Ends non-zero if a test failed or a sanitizer reported anything.
const { spawnSync } = require('node:child_process')
const { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const folder = path.join(root, 'build', 'sanitized')
const COPIED = [
  'native',
  'lib',
  'test',
  'dist',
  'docs',
  'scripts',
  'package.json',
  'binding.gyp',
  'vitest.config.mts',
  'tsconfig.json',
]
/** Folders with all that calls the addon; the others never come near it, or count what a sanitizer maps as the heap's. */
const QUICK = ['os', 'space', 'supply', 'heap', 'records', 'whole'].map((name) => `test/${name}/`)
/** A sanitizer maps more memory than the limits that these set or look at allow. */
const LEFT_OUT = ['os/limits', 'whole/resident-set', 'whole/pressure'].map((name) => `--exclude=test/${name}.test.ts`)
const isThread = process.argv.includes('--thread')
const THREADED = ['whole/worker-threads', 'whole/ended-inside', 'whole/in-flight', 'os/os-pages'].map(
  (name) => `test/${name}`,
)
/** node-gyp compiles without type information, which the vptr check needs. */
const FLAGS = isThread
  ? '-fsanitize=thread -fno-omit-frame-pointer -g'
  : '-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer -g'
const LIBRARIES = isThread ? ['libtsan.so'] : ['libasan.so', 'libubsan.so']
const reports = path.join(folder, 'reports')

function run(command, args, options) {
  const { status, error, stdout } = spawnSync(command, args, { cwd: folder, stdio: 'inherit', ...options })
  if (error) throw error
  return { status, stdout }
}

/** The path of a library of the compiler. */
function library(name) {
  const { stdout } = run('gcc', [`-print-file-name=${name}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  const file = stdout.trim()
  if (!path.isAbsolute(file)) throw new Error(`gcc has no ${name}: install libasan and libubsan of its version`)
  return file
}

function prepare() {
  if (process.platform !== 'linux')
    throw new Error(`sanitizers are preloaded on Linux only, this is ${process.platform}`)
  if (!existsSync(path.join(root, 'dist', 'inside.js'))) throw new Error('dist/ is missing: npm run build')
  for (const name of [...COPIED, 'reports']) rmSync(path.join(folder, name), { recursive: true, force: true })
  mkdirSync(reports, { recursive: true })
  for (const name of COPIED) cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  rmSync(path.join(folder, 'node_modules'), { force: true })
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
}

function build() {
  const env = { ...process.env, CXXFLAGS: FLAGS, LDFLAGS: FLAGS }
  const { status } = run(process.execPath, ['scripts/build-native.js'], { env })
  const addon = path.join(folder, 'build', 'Release', 'ebb.node')
  if (status !== 0 || !readFileSync(addon).includes(isThread ? '__tsan_' : '__asan_'))
    throw new Error('no addon with sanitizers was built')
}

/** Runs vitest with the libraries preloaded; what they find ends the process that they find it in, with a report. */
function test(args) {
  const log = `log_path=${path.join(reports, 'report')}`
  const env = {
    ...process.env,
    LD_PRELOAD: LIBRARIES.map(library).join(' '),
    // V8 lets go of much only by ending. Pages that are no memory of its own are none of the sanitizer's business.
    ASAN_OPTIONS: `detect_leaks=0:allocator_may_return_null=1:${log}`,
    UBSAN_OPTIONS: `print_stacktrace=1:${log}`,
    TSAN_OPTIONS: `ignore_noninstrumented_modules=1:halt_on_error=0:exitcode=0:${log}`,
  }
  const command = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...LEFT_OUT, ...args]
  // ThreadSanitizer wants addresses where it looks for them.
  if (isThread) command.unshift('setarch', '-R')
  return run(command[0], command.slice(1), { env }).status
}

try {
  prepare()
  build()
  const args = process.argv.slice(2).filter((word) => word !== '--thread')
  const isNamed = args.some((word) => !word.startsWith('-'))
  const status = test(isNamed ? args : [...(isThread ? THREADED : QUICK), ...args])
  const found = readdirSync(reports)
  for (const name of found) console.error(readFileSync(path.join(reports, name), 'utf8'))
  console.log(`${found.length} reports of sanitizers`)
  process.exitCode = status === 0 && found.length === 0 ? 0 : 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
