'use strict'
// Sets environment variables for a command of node_modules/.bin, on every shell: with-env.js NAME=value command ...
const { spawnSync } = require('node:child_process')

const words = process.argv.slice(2)
const env = { ...process.env }
while (words[0]?.includes('=')) {
  const [name, ...value] = words.shift().split('=')
  env[name] = value.join('=')
}
const [command, ...args] = words
const { status, error } = spawnSync(command, args, { env, stdio: 'inherit', shell: process.platform === 'win32' })
if (error) throw error
process.exitCode = status ?? 1
