import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { loadAddon } from '../../lib/os/native-binding'
import { runChild, said } from '../support/child'

const root = path.join(__dirname, '..', '..')
const folders: string[] = []

/** A package folder with nothing in it, or with `files` that are no addons. */
function packageWith(...files: string[][]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ebb-addon-'))
  folders.push(folder)
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "ebb" }')
  for (const parts of files) {
    mkdirSync(path.join(folder, ...parts.slice(0, -1)), { recursive: true })
    writeFileSync(path.join(folder, ...parts), 'not an addon')
  }
  return folder
}

function failureOf(packageRoot: string): HeapError {
  try {
    loadAddon(packageRoot)
  } catch (error) {
    return error as HeapError
  }
  throw new Error('the addon was loaded')
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe('loadAddon', () => {
  it('loads the local build of the checkout', () => {
    const addon = loadAddon()
    expect(addon.osPageSize).toBeGreaterThanOrEqual(4096)
    const functions = Object.entries(addon).filter(([, value]) => typeof value === 'function')
    expect(functions.map(([name]) => name).sort()).toEqual(
      'adopt clear copy copyIn copyOut decode discard drop encode mappings move part poll populate probe renew reserve residentPages signal'.split(
        ' ',
      ),
    )
    expect(loadAddon()).toBe(addon)
  })

  it('falls back on the prebuilt addon of this platform, and prefers a local build to it', () => {
    const built = path.join(root, 'build', 'Release', 'ebb.node')
    const libc = process.platform === 'linux' ? [/glibc|musl/.exec(failureOf(packageWith()).message)?.[0]] : []
    const prebuilt = ['prebuilds', `${process.platform}-${process.arch}`, ['ebb', ...libc, 'node'].join('.')]
    const folder = packageWith(prebuilt)
    copyFileSync(built, path.join(folder, ...prebuilt))
    expect(loadAddon(folder).osPageSize).toBe(loadAddon().osPageSize)

    expect(failureOf(packageWith(prebuilt, ['build', 'Release', 'ebb.node'])).message).toContain(
      path.join('build', 'Release', 'ebb.node'),
    )
  })

  it('says what it sought and how to build it when there is no addon', () => {
    const folder = packageWith()
    const error = failureOf(folder)
    expect(error).toBeInstanceOf(HeapError)
    expect(error.code).toBe('EBB_NO_ADDON')
    const lines = error.message.split('\n')
    expect(lines[0]).toBe(`there is no native addon for ${process.platform}-${process.arch}; sought:`)
    expect(lines.slice(1, 3)).toEqual([
      `  ${path.join(folder, 'build', 'Release', 'ebb.node')}`,
      `  ${path.join(folder, 'build', 'Debug', 'ebb.node')}`,
    ])
    const prebuilds = path.join(folder, 'prebuilds', `${process.platform}-${process.arch}`)
    expect(lines[3]?.startsWith(`  ${prebuilds}${path.sep}ebb.`)).toBe(true)
    expect(lines[4]).toBe(
      'To build it from source: `npx ebb build` where ebb is installed, `npm run build:native` in a checkout of ebb.',
    )
    expect(lines).toHaveLength(5)
  })

  it('says why an addon that is there cannot be loaded', () => {
    const folder = packageWith(['build', 'Release', 'ebb.node'])
    const error = failureOf(folder)
    expect(error.code).toBe('EBB_NO_ADDON')
    const file = path.join(folder, 'build', 'Release', 'ebb.node')
    expect(error.message).toContain(`the native addon cannot be loaded: ${file}\n  ${(error.cause as Error).message}\n`)
    expect(error.message).toContain('`npm run build:native`')
  })

  it('says that ebb must be left out of a bundle where its own folder is not around it', () => {
    const folder = packageWith()
    for (const manifest of ['{ "name": "an-app" }', 'no manifest']) {
      writeFileSync(path.join(folder, 'package.json'), manifest)
      const { code, message } = failureOf(folder)
      expect(code).toBe('EBB_NO_ADDON')
      for (const option of ['esbuild: --external:ebb', 'webpack: externals: {', 'rollup: external: [']) {
        expect(message).toContain(option)
      }
      expect(message).not.toContain('npx ebb build')
    }
  })
})

describe("under Node's permission model", () => {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  const script = `
    const heap = new Heap()
    say(heap.readString(heap.allocString('works')))`

  it('loads where nothing but its own folder may be read', async () => {
    const flags = [permission, `--allow-fs-read=${root}${path.sep}*`, '--allow-addons']
    expect(said(await runChild(script, flags))).toEqual(['works'])
  })

  it('shows the process its own resident set, and names the flag for others', async () => {
    const result = await runChild(
      `
      const { sampleRss } = require(PACKAGE_FOLDER + '/dist/rss/index.js')
      const { resident, peak, anonymous } = sampleRss()
      say([resident > 2 ** 20, peak >= resident / 2, anonymous === undefined])
      try { sampleRss(process.ppid) } catch (error) { say([error.code, error.message.replace(/\\d+/, 'N')]) }`,
      [permission, `--allow-fs-read=${root}${path.sep}*`, '--allow-addons'],
    )
    const denied =
      'ebb/rss: process N is not shown to this one; start Node with --allow-fs-read=/proc beside --permission'
    expect(said(result)).toEqual(
      process.platform === 'linux'
        ? [
            [true, true, true],
            ['EBB_RSS_DENIED', denied],
          ]
        : [[true, true, true], expect.anything()],
    )
  })

  it('names the flag where addons are not allowed', async () => {
    for (const flags of [[permission, '--allow-fs-read=*'], ['--no-addons']]) {
      const { code, stderr } = await runChild('', flags)
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /HeapError: the native addon cannot be loaded: .*\n.*\nStart Node with --allow-addons where/,
      )
      expect(stderr).toContain("code: 'EBB_NO_ADDON'")
    }
  })
})
