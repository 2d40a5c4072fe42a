/** Another revision of the library, checked out and built in build/guard, to be measured beside this tree. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../common/root'

export interface BuiltRevision {
  /** Short hash. */
  readonly revision: string
  /** Its dist/index.js. */
  readonly library: string
}

function run(command: string, words: readonly string[], folder: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd: folder, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${(stderr || stdout).trim()}`)
  return stdout.trim()
}

/** @param name - anything that git can resolve to a commit */
export function buildRevision(name: string): BuiltRevision {
  const root = projectRoot()
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', '--verify', '--quiet', `${name}^{commit}`], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0)
    throw new Error(`git knows no revision ${JSON.stringify(name)}; words for rows come after a revision`)
  const revision = stdout.trim()
  const folder = join(root, 'build', 'guard', revision)
  const library = join(folder, 'dist', 'index.js')
  if (existsSync(library)) return { revision, library }
  process.stderr.write(`building ${revision} in ${folder}\n`)
  // What an interrupted run left behind is neither a work tree nor empty.
  rmSync(folder, { recursive: true, force: true })
  run('git', ['worktree', 'prune'], root)
  run('git', ['worktree', 'add', '--detach', folder, revision], root)
  try {
    buildAddon(root, folder, revision)
    run('npm', ['run', 'build:ts'], folder)
  } catch (error) {
    rmSync(library, { force: true })
    throw error
  }
  return { revision, library }
}

/** This tree's addon serves where the native sources are the same; else the revision's own is compiled. */
function buildAddon(root: string, folder: string, revision: string): void {
  const own = join(root, 'build', 'Release', 'ebb.node')
  const sources = ['native', 'binding.gyp']
  const { status } = spawnSync('git', ['diff', '--quiet', revision, '--', ...sources], { cwd: root })
  if (status === 0 && existsSync(own)) {
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true })
    copyFileSync(own, join(folder, 'build', 'Release', 'ebb.node'))
  } else run(process.execPath, [join('scripts', 'build-native.js')], folder)
}
