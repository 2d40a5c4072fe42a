'use strict'
// Puts the page of `ebb/live` into dist/: its own files as they are, and uPlot, a development dependency, with its licence.
const { copyFileSync, mkdirSync, readdirSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const page = path.join(root, 'lib', 'live', 'page')
const uPlot = path.dirname(require.resolve('uplot/package.json'))
const target = path.join(root, 'dist', 'live', 'page')

mkdirSync(target, { recursive: true })
for (const file of readdirSync(page)) copyFileSync(path.join(page, file), path.join(target, file))
for (const [from, to] of [
  ['dist/uPlot.iife.min.js', 'uPlot.iife.min.js'],
  ['dist/uPlot.min.css', 'uPlot.min.css'],
  ['LICENSE', 'uPlot.LICENSE.txt'],
]) {
  copyFileSync(path.join(uPlot, from), path.join(target, to))
}
