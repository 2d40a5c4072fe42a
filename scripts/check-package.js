'use strict'
// Checks the packed tarball: what must and must not be in it, its manifest, publint, attw, its size; then installs it with every package
// manager, traces and bundles a program that uses it, and compiles against its types (environments.js). Arguments:
//     --all-prebuilt  the addons of every platform must be inside, as for a release
//     --contents      only what can be seen without installing it
const { existsSync, readFileSync, statSync } = require('node:fs')
const path = require('node:path')
const { BUNDLERS, MANAGERS, TRACERS, TYPES, runEnvironments } = require('./environments.js')
const { MAX_PACKED, pack } = require('./platforms/pack.js')
const { TARGETS } = require('./prebuild.js')
const { root, run } = require('./platforms/tools.js')

/** Bytes that the page of `ebb/live` may have, with uPlot. */
const MAX_PAGE = 128 * 1024
const PAGE = 'dist/live/page/'
/** Of the files of the page: those that are not ours, and the licence that must come with them. */
const VENDORED = ['uPlot.iife.min.js', 'uPlot.min.css', 'uPlot.LICENSE.txt']

/** Every file that the manifest points at. */
function entries(value) {
  if (typeof value === 'string') return value.startsWith('./') ? [value.slice(2)] : []
  return Object.values(value ?? {}).flatMap(entries)
}

/** What is wrong with the manifest and the list of files. */
function complaints(manifest, files, needsAllPrebuilt) {
  const wrong = []
  for (const script of ['preinstall', 'install', 'postinstall']) {
    if (manifest.scripts[script] !== undefined) wrong.push(`there is a script ${script}`)
  }
  if (manifest.gypfile !== false) wrong.push('without "gypfile": false npm would compile at install')
  const needed = [...entries(manifest.exports), ...entries(manifest.typesVersions), manifest.bin.ebb]
  needed.push(
    'LICENSE',
    'dist/LICENSES.md',
    'CHANGELOG.md',
    'native/ebb.gypi',
    'native/addon.cc',
    'scripts/build-native.js',
  )
  if (existsSync(path.join(root, 'README.md'))) needed.push('README.md')
  needed.push(...['index.html', 'page.css', 'app.mjs', ...VENDORED].map((file) => `${PAGE}${file}`))
  if (needsAllPrebuilt) needed.push(...TARGETS.map(({ file }) => `prebuilds/${file}`))
  for (const file of new Set(needed)) if (!files.includes(file)) wrong.push(`${file} is missing`)
  // yarn 1, pnpm up to 9 and Yarn 4 would compile at install.
  if (files.includes('binding.gyp')) wrong.push('binding.gyp lies in its root')
  const sources = /^(test|bench|docs|examples|build|out|coverage|\.)/
  for (const file of files) if (sources.test(file)) wrong.push(`${file} does not belong in it`)
  const page = pageBytes(files)
  if (page > MAX_PAGE) wrong.push(`the page of ebb/live has ${page} bytes, more than ${MAX_PAGE}`)
  const dependencies = Object.keys(manifest.dependencies ?? {})
  if (dependencies.length > 0) wrong.push(`it depends on ${dependencies.join(', ')}; what it needs is in dist/`)
  return wrong
}

const pageBytes = (files) =>
  files.filter((file) => file.startsWith(PAGE)).reduce((sum, file) => sum + statSync(path.join(root, file)).size, 0)

function main() {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const packed = pack()
  const { tarball, size, unpackedSize, files } = packed
  const wrong = complaints(manifest, files, process.argv.includes('--all-prebuilt'))
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  const bin = (name) => path.join(root, 'node_modules', '.bin', name)
  const shell = process.platform === 'win32'
  for (const [tool, ...args] of [
    ['publint', 'run', tarball, '--strict'],
    ['attw', tarball, '--no-color'],
  ]) {
    run(bin(tool), args, { shell })
    console.log(`${tool}: nothing to complain of`)
  }
  const addons = files.filter((file) => file.startsWith('prebuilds/')).length
  console.log(`${path.basename(tarball)}: ${size} bytes packed (limit ${MAX_PACKED}), ${unpackedSize} unpacked,`)
  console.log(`the page of ebb/live: ${pageBytes(files)} bytes (limit ${MAX_PAGE})`)
  console.log(`${files.length} files, of them ${addons} addons`)
  if (process.argv.includes('--contents')) return
  const failed = runEnvironments(Object.keys({ ...MANAGERS, ...TRACERS, ...BUNDLERS, ...TYPES }), packed)
  if (failed.length > 0) throw new Error(`it does not work with ${failed.join('; ')}`)
}

try {
  main()
} catch (error) {
  console.error(`The package is not fit to be published: ${error.message}`)
  process.exitCode = 1
}
