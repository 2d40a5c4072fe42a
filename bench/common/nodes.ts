/**
 * Other runtimes, as `npm run platforms` brings them here (scripts/platforms/runtimes.js, into build/platforms). One build of the addon
 * serves them all (Node-API).
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { projectRoot } from './root'

/** What is used of runtimes.js. */
interface Fetched {
  readonly binary: string
  /** Fetches it where it is not there yet; why it cannot be had here. */
  prepare(): string | undefined
}

interface Runtimes {
  readonly NODES: Readonly<Record<string, string>>
  linuxNode(version: string): Fetched
  deno(): Fetched
}

const runtimes = (): Runtimes =>
  createRequire(__filename)(join(projectRoot(), 'scripts', 'platforms', 'runtimes.js')) as Runtimes

/** Major versions that the project is tried on. */
export const nodeMajors = (): string[] => Object.keys(runtimes().NODES)

/** @param version - `22`, or exact as `22.23.3` */
function node(version: string): Fetched {
  const { NODES, linuxNode } = runtimes()
  const exact = NODES[version] ?? version
  if (!/^\d+\.\d+\.\d+$/.test(exact)) {
    throw new RangeError(`a Node is ${Object.keys(NODES).join(', ')} or an exact version like 22.23.3, got ${version}`)
  }
  return linuxNode(exact)
}

const find = ({ binary }: Fetched): string | undefined => (existsSync(binary) ? binary : undefined)

function fetch(runtime: Fetched, name: string): string {
  const found = find(runtime)
  if (found !== undefined) return found
  process.stderr.write(`fetching ${name}\n`)
  const reason = runtime.prepare()
  if (reason !== undefined) throw new Error(`${name} ${reason}`)
  return runtime.binary
}

/** Path of a Node; undefined where it has not been fetched. */
export const findNode = (version: string): string | undefined => find(node(version))

/**
 * Path of a Node, fetched where it is not there yet (90 to 210 MB).
 * @throws Error where it cannot be had; RangeError for what is no version
 */
export const fetchNode = (version: string): string => fetch(node(version), `Node ${version}`)

/**
 * Runs this command again on another Node: its children are started by the Node that runs it.
 * @param version - what `--node` says, which the other one is not told; undefined: nothing is run
 * @returns whether it was run; its exit code is this process's then
 */
export function runOnNode(version: string | undefined): boolean {
  if (version === undefined) return false
  const words = process.argv.slice(1)
  const at = words.findIndex((word) => word === '--node' || word.startsWith('--node='))
  words.splice(at, words[at] === '--node' ? 2 : 1)
  process.exitCode = spawnSync(fetchNode(version), words, { stdio: 'inherit' }).status ?? 1
  return true
}

/** Path of Deno; undefined where it has not been fetched. */
export const findDeno = (): string | undefined => find(runtimes().deno())

/** Path of Deno, fetched where it is not there yet. */
export const fetchDeno = (): string => fetch(runtimes().deno(), 'Deno')
