'use strict'
// Formats the C and C++ sources in place; with --check only tells which ones differ and fails.
const { spawnSync } = require('node:child_process')
const { readdirSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const files = ['native', 'bench', 'test']
  .flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true }).map((file) => path.join(folder, file)))
  .filter((file) => /\.(c|cc|h)$/.test(file))

const { location } = require('clang-format')
const mode = process.argv.includes('--check') ? ['--dry-run', '-Werror'] : ['-i']
const { status, error } = spawnSync(location, ['-style=file', ...mode, ...files], { cwd: root, stdio: 'inherit' })
if (error) throw error
process.exitCode = status ?? 1
