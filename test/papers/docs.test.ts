/** The documents: links lead somewhere, and docs/api.md knows everything that is public. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { forEachChild, isExportDeclaration, isNamedExports, createSourceFile as parse, ScriptTarget } from 'typescript'
import { describe, expect, it } from 'vitest'
import { Heap, HeapStats } from '../../lib'
import { BaseList } from '../../lib/collections/base-list'

const root = path.join(__dirname, '..', '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const documents = ['.', 'docs', 'bench', 'examples'].flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join(folder, file)),
)

/** Markdown without the code in it. */
const prose = (text: string): string => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '')

/** Where links, pictures and their sources lead, within the repository. */
const targetsOf = (text: string): string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
    .map((match) => (match[1] ?? match[2]) as string)
    .filter((target) => !/^[a-z]+:/.test(target))

/** The anchors that GitHub gives to the headings of a document. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('documents', () => {
  for (const document of documents) {
    it(`${document} has no dead link`, () => {
      for (const target of targetsOf(read(document))) {
        const [file, anchor] = target.split('#') as [string, string?]
        const at = file === '' ? document : path.join(path.dirname(document), file)
        expect(existsSync(path.join(root, at)), `${document} links to ${target}`).toBe(true)
        if (anchor !== undefined) expect(anchorsOf(read(at)), `${document} links to ${target}`).toContain(anchor)
      }
    })
  }
})

describe('docs/api.md', () => {
  const api = read('docs/api.md')

  it('has every error code', () => {
    const codes = new Set(`${read('lib/base/errors.ts')}${read('lib/rss/index.ts')}`.match(/\bEBB_[A-Z_]+\b/g))
    for (const code of codes) expect(api).toContain(`\`${code}\``)
  })

  it('has every method of a heap', () => {
    const names = new Set<string>()
    for (let face = Heap.prototype as object; face !== Object.prototype; face = Object.getPrototypeOf(face)) {
      for (const name of Object.getOwnPropertyNames(face)) names.add(name)
    }
    names.delete('constructor')
    for (const name of names) expect(api, name).toMatch(new RegExp(`\`${name}[\`(]`))
  })

  it('has every method of a list', () => {
    const names = Object.getOwnPropertyNames(BaseList.prototype).filter((name) => name !== 'constructor')
    expect(names).toContain('copyOut')
    for (const name of names) expect(api, name).toMatch(new RegExp(`\`${name}[\`(:]`))
  })

  it('has every field of the statistics', () => {
    for (const name of Object.keys(new HeapStats())) {
      expect(api).toContain(`\`${name}\``)
      expect(read('docs/stats.md'), name).toContain(`\`${name}\``)
    }
  })

  it('has every option', () => {
    const options = /export interface HeapOptions \{(.*?)\n\}/s.exec(read('lib/heap/options.ts'))?.[1] ?? ''
    const names = [...options.matchAll(/readonly (\w+)\?:/g)].map((match) => match[1])
    expect(names).toContain('decay')
    for (const name of names) expect(api).toContain(`| \`${name}\` |`)
  })

  it('has every export', () => {
    const names: string[] = []
    for (const file of [
      'lib/index.ts',
      'lib/collections/index.ts',
      'lib/debug/index.ts',
      'lib/live/index.ts',
      'lib/pressure/index.ts',
    ]) {
      forEachChild(parse('index.ts', read(file), ScriptTarget.ES2022), (node) => {
        if (!isExportDeclaration(node) || node.exportClause === undefined || !isNamedExports(node.exportClause)) return
        names.push(...node.exportClause.elements.map((element) => element.name.text))
      })
    }
    names.push(
      ...[...read('lib/rss/index.ts').matchAll(/^export (?:class|function|interface|type) (\w+)/gm)].map((m) => m[1]!),
    )
    names.push(...[...read('lib/pressure/index.ts').matchAll(/^export function (\w+)/gm)].map((m) => m[1]!))
    expect(names).toContain('record')
    for (const name of names) expect(api, name).toMatch(new RegExp(`\\b${name}\\b`))
  })
})
