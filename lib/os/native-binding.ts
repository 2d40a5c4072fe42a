import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import bindings from 'bindings'
import { HeapError } from '../base/errors'
import type { NativeAddon } from './addon'

/** The package's own folder, seen from lib/os/ and from dist/os/ alike. */
const PACKAGE_ROOT = path.join(__dirname, '..', '..')

const LOCAL_BUILDS = [
  ['build', 'Release', 'ebb.node'],
  ['build', 'Debug', 'ebb.node'],
]

/** The name of musl's loader, which executables linked with musl carry in their first bytes. */
const MUSL_LOADER = '/ld-musl-'
const EXECUTABLE_HEAD_BYTES = 4096

/**
 * Which C library the running executable was linked with, read from its own head. Not from `process.report`, which takes
 * hundreds of milliseconds and ends the process under qemu with OS pages of 16 or 64 KiB. One that cannot be read counts as
 * glibc: then the error names the file that was sought.
 */
function libc(): 'glibc' | 'musl' {
  const head = Buffer.alloc(EXECUTABLE_HEAD_BYTES)
  try {
    const file = openSync(process.execPath, 'r')
    try {
      readSync(file, head, 0, head.length, 0)
    } finally {
      closeSync(file)
    }
  } catch {
    return 'glibc'
  }
  return head.includes(MUSL_LOADER) ? 'musl' : 'glibc'
}

/** Where the prebuilt addon of this platform lies in the package. */
function prebuilt(): string[] {
  const file = process.platform === 'linux' ? `ebb.${libc()}.node` : 'ebb.node'
  return ['prebuilds', `${process.platform}-${process.arch}`, file]
}

/**
 * Loads the addon that lies under `root`: a local build if there is one, else the prebuilt one.
 *
 * @throws HeapError `EBB_NO_ADDON` naming the files sought, the reason, and the command that builds it
 */
export function loadAddon(root: string = PACKAGE_ROOT): NativeAddon {
  const isBuilt = LOCAL_BUILDS.some((parts) => existsSync(path.join(root, ...parts)))
  const sought = isBuilt ? LOCAL_BUILDS : [...LOCAL_BUILDS, prebuilt()]
  try {
    return bindings({ bindings: 'ebb', module_root: root, try: sought.map((parts) => ['module_root', ...parts]) })
  } catch (error) {
    throw noAddon(root, sought, error)
  }
}

function noAddon(root: string, sought: readonly string[][], cause: unknown): HeapError {
  const files = sought.map((parts) => path.join(root, ...parts))
  const found = files.find((file) => existsSync(file))
  const what =
    found === undefined
      ? `there is no native addon for ${process.platform}-${process.arch}; sought:\n${files.map((file) => `  ${file}`).join('\n')}`
      : `the native addon cannot be loaded: ${found}\n  ${(cause as Error).message}`
  return new HeapError(
    'EBB_NO_ADDON',
    `${what}\nTo build it from source: \`npx ebb build\` where ebb is installed, \`npm run build:native\` in a checkout of ebb.`,
    cause,
  )
}
