#!/usr/bin/env node
'use strict'
// The command line of the installed package: `npx ebb build` builds the addon from source.
const NEEDS =
  process.platform === 'win32'
    ? "Visual Studio's C++ build tools and Python 3"
    : 'a C++17 compiler, make and Python 3 on the PATH'

const [command] = process.argv.slice(2)
if (command === 'build') {
  process.on('exit', (code) => {
    if (code !== 0) console.error(`ebb build needs ${NEEDS}, and npm, which fetches node-gyp where it is missing.`)
  })
  require('./build-native.js')
} else {
  console.error(`Usage: ebb build    builds the native addon from source; needs ${NEEDS}`)
  process.exitCode = 1
}
