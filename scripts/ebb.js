#!/usr/bin/env node
'use strict'
// The command line of the installed package. dist/cli has all of it; `ebb build` alone works without dist/ too.
const { existsSync } = require('node:fs')
const path = require('node:path')

const cli = path.join(__dirname, '..', 'dist', 'cli', 'index.js')
if (existsSync(cli)) {
  require(cli).start()
} else if (process.argv[2] === 'build') {
  require('./build-native.js')
} else {
  console.error(
    `There is no ${cli}: in a checkout of ebb, run \`npm run build\` first. Without it there is \`ebb build\` alone.`,
  )
  process.exitCode = 2
}
