'use strict'
// Uses the packed tarball as others do: installed by package managers, under test runners, traced, bundled, compiled against. Pinned
// versions, fetched from npm. Needs dist/ and the prebuilt addon of this platform. Arguments:
//     --ci     the ones that CI runs each time, some of each kind
//     names    only those (`node scripts/environments.js "pnpm 9" esbuild`)
// Ends with `N passed, N failed, N skipped`; the counts are in out/environments.json.
const { mkdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { BUNDLERS, TRACERS } = require('./environments/bundles.js')
const { MANAGERS } = require('./environments/managers.js')
const { RUNNERS } = require('./environments/runners.js')
const { TYPES } = require('./environments/types.js')
const { pack } = require('./platforms/pack.js')
const { root } = require('./platforms/tools.js')

const ALL = { ...MANAGERS, ...RUNNERS, ...TRACERS, ...BUNDLERS, ...TYPES }
const CI = ['pnpm 9', 'yarn 4, pnp', ...Object.keys(RUNNERS), 'nft', 'ncc', 'esbuild', 'TypeScript 5.4.5']

/** The prebuilt addon that the tarball has to hold for this machine, as its path in it. */
function addonOfThisMachine() {
  const { libc } = require('../dist/inside.js')
  const file = process.platform === 'linux' ? `ebb.${libc()}.node` : 'ebb.node'
  return `prebuilds/${process.platform}-${process.arch}/${file}`
}

/** Runs what has these names, one after the other; prints a line for each. Returns what failed. */
function runEnvironments(names, { tarball, files }) {
  const addon = addonOfThisMachine()
  if (!files.includes(addon)) throw new Error(`the tarball has no ${addon}: build it with npm run prebuilds`)
  const failed = []
  for (const name of names) {
    const start = Date.now()
    let failure
    try {
      ALL[name](tarball)
    } catch (error) {
      failure = error.message
      failed.push(name)
    }
    console.log(
      `${failure === undefined ? 'works' : 'FAILS'} ${((Date.now() - start) / 1000).toFixed(1).padStart(5)} s  ${name}`,
    )
    if (failure !== undefined) console.log(failure)
  }
  return failed
}

function main(words) {
  const unknown = words.filter((word) => word !== '--ci' && ALL[word] === undefined)
  if (unknown.length > 0) throw new Error(`no such environment: ${unknown}; there are ${Object.keys(ALL).join('; ')}`)
  const picked = words.includes('--ci') ? CI : words
  const names = picked.length === 0 ? Object.keys(ALL) : picked
  const failed = runEnvironments(names, pack())
  const counts = { passed: names.length - failed.length, failed: failed.length, skipped: 0 }
  mkdirSync(path.join(root, 'out'), { recursive: true })
  writeFileSync(path.join(root, 'out', 'environments.json'), JSON.stringify(counts))
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  return failed.length === 0
}

module.exports = { BUNDLERS, MANAGERS, TRACERS, TYPES, runEnvironments }

if (require.main === module) {
  try {
    process.exitCode = main(process.argv.slice(2)) ? 0 : 1
  } catch (error) {
    console.error(`The environments were not tested: ${error.message}`)
    process.exitCode = 1
  }
}
