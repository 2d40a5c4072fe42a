'use strict'
// Projects that use the packed tarball, and the programs they run.
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { installNpm, npm, root, run } = require('../platforms/tools.js')

/** Where test runners, bundlers, tracers and compilers are kept from run to run. */
const tools = path.join(root, 'build', 'environments')

const USE = `
const heap = new Heap()
const pointer = heap.alloc(8)
heap.setUint32(pointer, 0, 42)
console.log(heap.getUint32(pointer, 0))
heap.close()
`
/** One program, as CommonJS and as ES module. It prints 42. */
const PROGRAMS = {
  'use.cjs': `const { Heap } = require('ebb')\n${USE}`,
  'use.mjs': `import { Heap } from 'ebb'\n${USE}`,
}

/** Writes files, given by name, and their folders. */
function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
}

/** Calls with a folder of its own outside of the checkout, whose node_modules would be found from inside, and removes it. */
function inScratch(use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-environment-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * A project beside tools from npm, with ebb installed and files written.
 * @returns its folder, and `bin`, which tells the path of a tool's command
 */
function projectWith(name, packages, tarball, files) {
  const home = installNpm(path.join(tools, name), ...packages)
  const folder = path.join(home, 'project')
  rmSync(folder, { recursive: true, force: true })
  write(folder, { 'package.json': '{ "private": true }\n', ...PROGRAMS, ...files })
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball], { cwd: folder })
  return { folder, bin: (script) => path.join(home, 'node_modules', script) }
}

/** Runs a script with this Node; returns what it wrote to stdout. */
const node = (args, options = {}) => run(process.execPath, args, options)

/** Throws if a program does not print 42. */
function mustWork(output, what) {
  if (output.trim() !== '42') throw new Error(`${what} printed ${JSON.stringify(output)} in place of 42`)
}

module.exports = { PROGRAMS, inScratch, mustWork, node, projectWith, write }
