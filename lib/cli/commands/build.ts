/** `ebb build`: builds the native addon from source. scripts/ebb.js does the same by itself where there is no dist/. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { PACKAGE_FOLDER } from '../../base/folder'
import type { Command } from '../command'
import { EXIT } from '../exit'

const SCRIPT = path.join(PACKAGE_FOLDER, 'scripts', 'build-native.js')

/** What the compiler asks for, on a platform. */
export const needs = (platform: NodeJS.Platform): string =>
  platform === 'win32'
    ? "Visual Studio's C++ build tools and Python 3"
    : 'a C++17 compiler, make and Python 3 on the PATH'

export const build: Command = {
  name: 'build',
  summary: 'builds the native addon from source',
  usage: ['build [--debug]'],
  about:
    'Builds the native addon where the package has no prebuilt one for this platform. It needs a C++ compiler, make and Python 3 ' +
    "(on Windows: Visual Studio's C++ build tools and Python 3), and npm, which fetches node-gyp where it is missing.",
  options: [{ name: 'debug', help: 'a debug build, for work on the addon' }],
  operands: 'none',
  examples: [['npx ebb build', 'where ebb is installed']],
  run(args, io) {
    const { status, error } = spawnSync(process.execPath, [SCRIPT, ...(args.has('debug') ? ['--debug'] : [])], {
      stdio: 'inherit',
    })
    if (error !== undefined) throw error
    if (status === 0) return EXIT.ok
    io.err.write(`ebb build needs ${needs(io.platform)}, and npm, which fetches node-gyp where it is missing.\n`)
    return EXIT.found
  },
}
