'use strict'
// File tracers, which must find the addon, and bundlers: with ebb external the bundle works, with ebb in it the error says what to do.
const { spawnSync } = require('node:child_process')
const { cpSync } = require('node:fs')
const path = require('node:path')
const { inScratch, mustWork, node, projectWith } = require('./project.js')

const TRACERS_AT = ['@vercel/nft@1.11.5', '@vercel/ncc@0.45.0']
const BUNDLERS_AT = ['esbuild@0.28.2', 'webpack@5.112.2', 'rollup@4.68.8']
const ROLLUP_AT = ['@rollup/plugin-commonjs@29.0.3', '@rollup/plugin-node-resolve@16.0.3']

const TRACE = `
const { nodeFileTrace } = require('@vercel/nft')
nodeFileTrace([process.argv[2]]).then(({ fileList }) => console.log(JSON.stringify([...fileList])))
`

/** Copies what the tracer lists to another place, where the program must work. */
function nft(tarball) {
  const { folder } = projectWith('tracers', TRACERS_AT, tarball, { 'trace.cjs': TRACE })
  for (const file of ['use.cjs', 'use.mjs']) {
    const files = JSON.parse(node(['trace.cjs', file], { cwd: folder }))
    inScratch((copy) => {
      for (const name of files) cpSync(path.join(folder, name), path.join(copy, name))
      mustWork(node([file], { cwd: copy }), `the traced ${file}`)
    })
  }
}

/** ncc bundles and takes the addon along. */
function ncc(tarball) {
  const { folder, bin } = projectWith('tracers', TRACERS_AT, tarball, {})
  inScratch((copy) => {
    node([bin('@vercel/ncc/dist/ncc/cli.js'), 'build', 'use.cjs', '--quiet', '--out', copy], { cwd: folder })
    mustWork(node([path.join(copy, 'index.cjs')], { cwd: copy }), 'the bundle of ncc')
  })
}

/** For each bundler a script that is told whether ebb is to be left out. */
const BUNDLE = {
  esbuild: `require('esbuild').buildSync({ entryPoints: ['use.cjs'], bundle: true, platform: 'node', outfile: 'bundle.cjs',
  external: isExternal ? ['ebb'] : [] })`,
  webpack: `require('webpack')({ mode: 'production', target: 'node', entry: './use.cjs',
  output: { path: process.cwd(), filename: 'bundle.cjs' }, externals: isExternal ? { ebb: 'commonjs ebb' } : {} },
  (error) => { if (error) throw error })`,
  rollup: `const { rollup } = require('rollup')
const plugins = [require('@rollup/plugin-node-resolve').default(), require('@rollup/plugin-commonjs')()]
rollup({ input: 'use.mjs', plugins, external: isExternal ? ['ebb'] : [], logLevel: 'silent' })
  .then((bundle) => bundle.write({ file: 'bundle.cjs', format: 'cjs' }))`,
}

function bundler(name) {
  return (tarball) => {
    const script = `const isExternal = process.argv[2] === 'external'\n${BUNDLE[name]}\n`
    const { folder } = projectWith('bundlers', [...BUNDLERS_AT, ...ROLLUP_AT], tarball, { 'bundle.js': script })
    node(['bundle.js', 'external'], { cwd: folder })
    mustWork(node(['bundle.cjs'], { cwd: folder }), `the bundle of ${name} without ebb`)
    node(['bundle.js', 'whole'], { cwd: folder })
    const { status, stderr } = spawnSync(process.execPath, ['bundle.cjs'], { cwd: folder, encoding: 'utf8' })
    if (status === 0 || !stderr.includes('EBB_NO_ADDON') || !stderr.includes(`${name}: `)) {
      throw new Error(`the bundle of ${name} with ebb in it ended with ${status}:\n${stderr}`)
    }
  }
}

const TRACERS = { nft, ncc }
const BUNDLERS = { esbuild: bundler('esbuild'), webpack: bundler('webpack'), rollup: bundler('rollup') }

module.exports = { BUNDLERS, TRACERS }
