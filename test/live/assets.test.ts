import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { HEADERS, readAssets } from '../../lib/live/assets'

const page = path.join(__dirname, '..', '..', 'lib', 'live', 'page')
const built = path.join(__dirname, '..', '..', 'dist', 'live', 'page')

describe('the files of the page', () => {
  it('are all there, with their types, and the page itself under the empty name', () => {
    const assets = readAssets(built)
    expect([...assets.keys()].sort()).toEqual(
      readdirSync(built)
        .map((file) => (file === 'index.html' ? '' : file))
        .sort(),
    )
    expect(assets.get('')?.type).toBe('text/html; charset=utf-8')
    expect(assets.get('app.mjs')?.type).toBe('text/javascript; charset=utf-8')
    expect(assets.get('uPlot.LICENSE.txt')?.bytes.toString()).toContain('The MIT License')
  })

  it('need nothing from elsewhere: each that one names is there, and none is of another site', () => {
    const assets = readAssets(built)
    for (const file of readdirSync(page)) {
      const text = readFileSync(path.join(page, file), 'utf8')
      const named = [...text.matchAll(/(?:\bfrom |src=|href=)["'](?:\.\/)?([^"'#]+)["']/g)].map((match) => match[1]!)
      for (const name of named) expect([file, name, assets.has(name)]).toEqual([file, name, true])
      if (file !== 'icon.svg') expect([file, text.match(/https?:\/\/(?!www\.w3\.org\/)/)]).toEqual([file, null])
    }
  })

  it('have no script, style or handler in the page itself', () => {
    const html = readFileSync(path.join(page, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/)
    for (const [script] of html.matchAll(/<script[^>]*>[^<]*/g)) expect(script).toMatch(/ src="[\w.]+"[^>]*>$/)
  })

  it('have no way to make markup of data', () => {
    for (const file of readdirSync(page)) {
      const text = readFileSync(path.join(page, file), 'utf8')
      expect([
        file,
        text.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/),
      ]).toEqual([file, null])
    }
  })
})

describe('the policy of the page', () => {
  it('allows the own files, and nothing else', () => {
    const policy = HEADERS['content-security-policy']
    expect(policy).toMatch(/^default-src 'none'; /)
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
  })
})
