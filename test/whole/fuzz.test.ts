/** A few of the hostile calls that `npm run test:fuzz` makes by the million, in a process of its own. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(__dirname, '..', '..')
const CALLS = 10_000

describe('hostile calls of everything that the package exports', () => {
  it('end no process, throw nothing without a code, and leave the books sound', () => {
    const seed = process.env.SEED ?? '20050323'
    console.info(`fuzz: SEED=${seed}`)
    const child = join(root, 'scripts', 'fuzz', 'child.js')
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', child, seed, String(CALLS)],
      { cwd: root, encoding: 'utf8' },
    )
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ calls: CALLS })
  })
})
