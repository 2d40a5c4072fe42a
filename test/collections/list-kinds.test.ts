import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { SCALAR_LISTS } from '../../lib/collections/list-kinds'

const script = path.join(__dirname, '..', '..', 'scripts', 'write-lists.js')

describe('the classes of lists', () => {
  it('are what the script writes', () => {
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow()
  })

  it('are one for each kind of scalar', () => {
    const classes = Object.values(SCALAR_LISTS).map(([ListOfKind]) => ListOfKind)
    expect([classes.length, new Set(classes).size]).toEqual([12, 12])
  })
})
