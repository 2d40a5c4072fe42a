'use strict'
// What users import, as files of lib/ and dist/ without their ends: `index`, `rss/index` ... The manifest's exports say it.
const path = require('node:path')
const manifest = require('../package.json')

const root = path.join(__dirname, '..')
const entries = Object.values(manifest.exports)
  .map((conditions) => conditions.require?.default)
  .filter((file) => file !== undefined)
  .map((file) => file.slice('./dist/'.length, -'.js'.length))

module.exports = { entries, root }
