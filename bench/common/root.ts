/** Where the project lies. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A folder that only the top of a checkout has. */
const MARK = join('bench', 'traces', 'data')

/** Top of the checkout: above this file both as source and as compiled into build/js. */
export function projectRoot(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, MARK))) return folder
  }
  throw new Error(`no folder above ${__dirname} holds ${MARK}: benches run from a checkout`)
}
