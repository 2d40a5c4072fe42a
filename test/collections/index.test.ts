import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(__dirname, '..', '..')

/** Files of the built package below dist/collections/ that a script has loaded. */
function loadedBy(script: string): number {
  const count = `Object.keys(require.cache).filter((file) => file.includes('collections')).length`
  const args = ['-e', `${script}; process.stdout.write(String(${count}))`]
  return Number(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }))
}

describe('ebb/collections', () => {
  it('is not loaded by ebb alone', () => {
    expect(loadedBy(`require('./dist')`)).toBe(0)
    expect(loadedBy(`require('./dist/collections')`)).toBeGreaterThan(0)
  })

  it('works on the heaps of ebb', () => {
    const script = `const { Heap, f64 } = require('./dist'); const { Dict, str } = require('./dist/collections')
      const dict = new Dict(new Heap(), { key: str, value: f64 }); if (dict.set('a', 1.5).get('a') !== 1.5) throw dict`
    expect(loadedBy(script)).toBeGreaterThan(0)
  })
})
