import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { describe, expect, it } from 'vitest'
import { linesOf, noteCalls, parseFrame, type Trace } from '../../lib/debug/traces'
import { runChild, said } from '../support/child'

describe('a stack', () => {
  it('begins with the caller, and shows so many calls', () => {
    function innermost() {
      return noteCalls(2)
    }
    const trace = innermost()
    const lines = linesOf(trace, 2)
    expect(lines.length).toBeLessThanOrEqual(2)
    expect(lines[0]).toMatch(/^innermost \(.*traces\.test\.ts:\d+:\d+\)$/)
    expect(linesOf(innermost(), 1)).toHaveLength(1)
    expect(linesOf(lines, 2)).toBe(lines)
    const limit = Error.stackTraceLimit
    noteCalls(50)
    expect(Error.stackTraceLimit).toBe(limit)
  })

  it('leaves out calls of the library and of Node, and those that V8 makes of generators', () => {
    function* steps() {
      yield noteCalls(8)
    }
    const lines = linesOf(steps().next().value as Trace, 8)
    expect(lines[0]).toMatch(/^steps \(/)
    expect(lines.filter((line) => line.includes('.next (<anonymous>)') || line.includes('node:'))).toEqual([])
  })

  it('shows the sources where source maps are on', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ebb-maps-'))
    try {
      const source = `interface Unused {\n  a: number\n}\n\nexport const take = (heap: any) =>\n  heap.alloc(24)\n`
      const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, inlineSourceMap: true }
      const { outputText } = transpileModule(source, { compilerOptions, fileName: 'take.ts' })
      writeFileSync(path.join(folder, 'take.js'), outputText)
      const script = `
        const { take } = require(${JSON.stringify(path.join(folder, 'take.js'))})
        const heap = new Heap({ debug: { leaks: 'ignore' } })
        take(heap)
        say(heap.leaks()[0].site)`
      const [mapped] = said(await runChild(script, ['--enable-source-maps']))
      expect(mapped).toMatch(/take\.ts:6:\d+\)?$/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('parseFrame', () => {
  it('reads the forms that V8 writes', () => {
    expect(parseFrame('load (/app/users.js:12:20)')).toEqual({
      name: 'load',
      file: '/app/users.js',
      line: 12,
      column: 20,
    })
    expect(parseFrame('file:///app/a.mjs:1:2')).toEqual({ name: '', file: 'file:///app/a.mjs', line: 1, column: 2 })
    expect(parseFrame('async Users.load (C:\\app\\users.js:1:2)')).toMatchObject({
      name: 'Users.load',
      file: 'C:\\app\\users.js',
    })
    expect(parseFrame('new Users (<anonymous>)')).toEqual({
      name: 'new Users (<anonymous>)',
      file: '',
      line: 0,
      column: 0,
    })
  })
})
