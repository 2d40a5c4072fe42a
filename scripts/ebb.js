#!/usr/bin/env node
'use strict'
// The command line of the installed package: `npx ebb build` builds the addon from source.
const [command] = process.argv.slice(2)
if (command === 'build') require('./build-native.js')
else {
  console.error('Usage: ebb build    builds the native addon from source (needs a C++ compiler, make and python3)')
  process.exitCode = 1
}
