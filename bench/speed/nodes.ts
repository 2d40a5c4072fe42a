/** Other versions of Node, from the npm registry into build/nodes. One build of the addon serves them all (Node-API). */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../traces/trace'
import type { NodeOptions } from './arms'

export interface OtherNode {
  /** What its arm is called in tables. */
  readonly label: string
  readonly options: NodeOptions
}

/** @param versions - `22`, or exact as `22.23.3`; installed with npm where they are not there yet (90 to 210 MB each) */
export function installNodes(versions: readonly string[]): OtherNode[] {
  return versions.map((version) => ({
    label: `ebb, Node ${version.split('.')[0]}`,
    options: { execPath: installNode(version.trim()) },
  }))
}

function installNode(version: string): string {
  if (!/^\d+(\.\d+){0,2}$/.test(version))
    throw new RangeError(`--nodes takes versions like 22 or 22.23.3, got ${version}`)
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(projectRoot(), 'build', 'nodes', version)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (!existsSync(binary)) {
    process.stderr.write(`installing ${name}@${version} into ${folder}\n`)
    const { status, stderr } = spawnSync('npm', ['i', '--no-save', '--prefix', folder, `${name}@${version}`], {
      encoding: 'utf8',
    })
    if (status !== 0 || !existsSync(binary)) throw new Error(`npm cannot install ${name}@${version}: ${stderr}`)
  }
  return binary
}
