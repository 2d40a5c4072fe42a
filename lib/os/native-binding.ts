import { readFileSync } from 'node:fs'
import path from 'node:path'
import bindings from 'bindings'
import { HeapError } from '../base/errors'
import { PACKAGE_FOLDER, prebuilds } from '../base/folder'
import type { NativeAddon } from './addon'
import { isThere } from './files'
import { libc } from './libc'

const LOCAL_BUILDS = [
  ['build', 'Release', 'ebb.node'],
  ['build', 'Debug', 'ebb.node'],
]

/** The prebuilt addon of this platform, below the folder of them all. */
function prebuilt(): string[] {
  const file = process.platform === 'linux' ? `ebb.${libc()}.node` : 'ebb.node'
  return [`${process.platform}-${process.arch}`, file]
}

/** The files to try: local builds where there is one, else the prebuilt addon too, so that an error names it. */
function filesToTry(root: string, folder: string): string[] {
  const local = LOCAL_BUILDS.map((parts) => path.join(root, ...parts))
  return local.some(isThere) ? local : [...local, path.join(folder, ...prebuilt())]
}

/**
 * Loads the addon: a local build if there is one, else the prebuilt one.
 *
 * @param folder - where the package lies; default: where it is
 * @throws HeapError `EBB_NO_ADDON` naming the files sought, the reason, and the remedy
 */
export function loadAddon(folder?: string): NativeAddon {
  const root = folder ?? PACKAGE_FOLDER
  if (root === '') throw new HeapError('EBB_NO_ADDON', `there is no native addon in a bundle\n${EXTERNAL}`)
  const sought = filesToTry(root, folder === undefined ? prebuilds() : path.join(folder, 'prebuilds'))
  try {
    return bindings({ bindings: 'ebb', module_root: root, try: sought.map((file) => [file]) })
  } catch (error) {
    throw noAddon(root, sought, error)
  }
}

/** Whether `root` is not the folder of the package: this code was copied into a bundle, away from its addon. */
function isBundled(root: string): boolean {
  try {
    return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).name !== 'ebb'
  } catch {
    return true
  }
}

const EXTERNAL =
  'It seems that ebb was copied into a bundle, and its addon was not. Let the bundler leave it out, and install it where the bundle runs:\n' +
  '  esbuild: --external:ebb    webpack: externals: { ebb: "commonjs ebb" }    rollup: external: ["ebb"]'

const BUILD =
  'To build it from source: `npx ebb build` where ebb is installed, `npm run build:native` in a checkout of ebb.'

const ALLOW = 'Start Node with --allow-addons where it has --permission, and without --no-addons.'

function remedyOf(root: string, cause: unknown): string {
  if ((cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_DISABLED') return ALLOW
  return isBundled(root) ? EXTERNAL : BUILD
}

function noAddon(root: string, sought: readonly string[], cause: unknown): HeapError {
  const found = sought.find(isThere)
  const what =
    found === undefined
      ? `there is no native addon for ${process.platform}-${process.arch}; sought:\n${sought.map((file) => `  ${file}`).join('\n')}`
      : `the native addon cannot be loaded: ${found}\n  ${(cause as Error).message}`
  return new HeapError('EBB_NO_ADDON', `${what}\n${remedyOf(root, cause)}`, cause)
}
