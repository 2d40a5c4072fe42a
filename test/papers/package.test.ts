import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createProgram, flattenDiagnosticMessageText, ModuleKind, ScriptTarget } from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = path.join(__dirname, '..', '..')
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const isLinux = process.platform === 'linux'
const isMusl = isLinux && readFileSync(process.execPath).subarray(0, 4096).includes('/ld-musl-')
const prebuilt = [`${process.platform}-${process.arch}`, isLinux ? `ebb.${isMusl ? 'musl' : 'glibc'}.node` : 'ebb.node']

/** An empty project with the packed package in it, as npm would lay it. */
const project = mkdtempSync(path.join(tmpdir(), 'ebb-project-'))
const installed = path.join(project, 'node_modules', 'ebb')
let files: string[] = []

beforeAll(() => {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', project]
  const shell = process.platform === 'win32'
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', shell }))
  files = packed.files.map((file: { path: string }) => file.path)
  execFileSync('tar', ['-xzf', packed.filename], { cwd: project })
  cpSync(path.join(project, 'package'), installed, { recursive: true })
  const folder = path.join(installed, 'prebuilds', prebuilt[0]!)
  mkdirSync(folder, { recursive: true })
  copyFileSync(path.join(root, 'build', 'Release', 'ebb.node'), path.join(folder, prebuilt[1]!))
}, 120_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** Runs a script in the project with nothing on the PATH. */
function run(name: string, text: string): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(path.join(project, name), text)
  const env = { ...process.env, PATH: '', NODE_OPTIONS: '' }
  return spawnSync(process.execPath, [name], { cwd: project, env, encoding: 'utf8' })
}

const USE = `
const heap = new Heap()
const pointer = heap.alloc(8)
heap.setUint32(pointer, 0, 42)
console.log(heap.getUint32(pointer, 0))`

describe('the manifest', () => {
  it('runs nothing when the package is installed', () => {
    for (const script of ['preinstall', 'install', 'postinstall']) expect(manifest.scripts).not.toHaveProperty(script)
    expect(manifest.gypfile).toBe(false)
    expect(manifest).not.toHaveProperty('dependencies') // `bindings` is in dist/
    expect(manifest.engines.node).toBe('>=20')
  })

  it('lists types first in every condition, and only files that exist', () => {
    for (const [entry, conditions] of Object.entries<Record<string, Record<string, string>>>(manifest.exports)) {
      if (entry === './package.json') continue
      for (const condition of [conditions.import!, conditions.require!]) {
        expect(Object.keys(condition)).toEqual(['types', 'default'])
        for (const file of Object.values(condition)) expect(existsSync(path.join(root, file)), file).toBe(true)
      }
    }
  })
})

describe('npm pack and npm publish', () => {
  it('are refused while a prebuilt addon is missing, by its name, and the project packs for its tests all the same', () => {
    expect(manifest.scripts.prepack).toBe('node scripts/prepack.js')
    const copy = path.join(project, 'checkout')
    cpSync(path.join(root, 'scripts'), path.join(copy, 'scripts'), { recursive: true })
    const prepack = () =>
      spawnSync(process.execPath, [path.join(copy, 'scripts', 'prepack.js')], { encoding: 'utf8', cwd: copy })
    const addons = [...prepack().stderr.matchAll(/^ {2}([\w-]+): (prebuilds\/\S+)$/gm)]
    expect(addons.map((match) => match[1]).sort()).toEqual(
      [
        ...['darwin-arm64', 'darwin-x64', 'linux-arm64-glibc', 'linux-arm64-musl', 'linux-x64-glibc', 'linux-x64-musl'],
        ...['win32-arm64', 'win32-x64'],
      ].sort(),
    )
    for (const [, name, file] of addons) {
      const { status, stderr } = prepack()
      expect([status, stderr.includes(`${name}: ${file}`)]).toEqual([1, true])
      mkdirSync(path.dirname(path.join(copy, file!)), { recursive: true })
      writeFileSync(path.join(copy, file!), '')
    }
    expect([prepack().status, prepack().stderr]).toEqual([0, ''])
    expect(files).toContain('package.json')
  })
})

describe('the tarball', () => {
  it('holds the library, its types, the sources of the addon and what builds them', () => {
    for (const file of [
      ...[
        'dist/index.js',
        'dist/index.mjs',
        'dist/index.d.ts',
        'dist/index.d.mts',
        'dist/rss/index.js',
        'dist/live/index.js',
        'dist/live/worker.js',
        'dist/live/page/index.html',
        'dist/live/page/uPlot.iife.min.js',
        'dist/live/page/uPlot.LICENSE.txt',
        'dist/cli/index.js',
        'lib/heap/heap.ts',
      ],
      ...[
        'native/ebb.gypi',
        'native/addon.cc',
        'native/arguments.h',
        'native/poll.cc',
        'native/os_pages.h',
        'native/os_pages_posix.cc',
        'native/os_pages_win.cc',
      ],
      ...['scripts/ebb.js', 'scripts/build-native.js', 'package.json', 'LICENSE', 'CHANGELOG.md'],
    ]) {
      expect(files).toContain(file)
    }
  })

  it('holds no binding.gyp in its root, for which some package managers compile at install', () => {
    expect(files.filter((file) => file.endsWith('binding.gyp'))).toEqual([])
    expect(readFileSync(path.join(root, 'binding.gyp'), 'utf8')).toContain("'includes': ['native/ebb.gypi']")
  })

  it('holds nothing of the tests, the benches or this checkout', () => {
    expect(files.filter((file) => /^(test|bench|docs|examples|build|out|coverage|\.)/.test(file))).toEqual([])
    expect(files.filter((file) => file.startsWith('scripts/')).sort()).toEqual([
      'scripts/build-native.js',
      'scripts/ebb.js',
    ])
  })
})

describe('the declarations', () => {
  it('have no errors of their own, which users see with skipLibCheck off', () => {
    const entries = [
      'index.d.ts',
      'index.d.mts',
      ...['rss', 'collections', 'metrics', 'pressure'].map((name) => `${name}/index.d.ts`),
    ].map((file) => path.join(root, 'dist', file))
    const options = { module: ModuleKind.NodeNext, target: ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'], types: [] }
    const program = createProgram(entries, { ...options, strict: true, noEmit: true })
    const ours = program.getSourceFiles().filter((file) => path.relative(root, file.fileName).startsWith('dist'))
    const errors = ours.flatMap((file) => program.getSemanticDiagnostics(file))
    expect(errors.map((error) => flattenDiagnosticMessageText(error.messageText, '\n'))).toEqual([])
    expect(ours.length).toBeGreaterThanOrEqual(entries.length)
  })

  it('give no parameter to typed arrays, which have none before TypeScript 5.7', () => {
    const declarations = files.filter((file) => file.endsWith('.d.ts'))
    const generic = declarations.filter((file) =>
      /\b(?:[IUF]\w+\d+(?:Clamped)?Array|Buffer|DataView)</.test(readFileSync(path.join(root, file), 'utf8')),
    )
    expect([generic, declarations.length > 0]).toEqual([[], true])
  })
})

describe('the installed package', () => {
  it('works as CommonJS with nothing on the PATH', () => {
    const { status, stdout, stderr } = run('use.cjs', `const { Heap } = require('ebb')${USE}`)
    expect([status, stdout, stderr]).toEqual([0, '42\n', ''])
  })

  it('works as an ES module, with the classes of the CommonJS one', () => {
    const text = `import { createRequire } from 'node:module'
import { Heap, HeapError } from 'ebb'
const cjs = createRequire(import.meta.url)('ebb')
if (cjs.Heap !== Heap || cjs.HeapError !== HeapError) throw new Error('two copies')
${USE}`
    const { status, stdout, stderr } = run('use.mjs', text)
    expect([status, stdout, stderr]).toEqual([0, '42\n', ''])
  })

  it('exports the same names to both, and nothing inside of dist/', () => {
    const { stdout, stderr } = run(
      'names.mjs',
      `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const entry of ['ebb', 'ebb/rss', 'ebb/collections', 'ebb/debug', 'ebb/live', 'ebb/metrics', 'ebb/pressure']) {
  const names = Object.keys(await import(entry)).filter((name) => name !== 'default' && name !== 'module.exports').sort()
  console.log(String(names) === String(Object.keys(require(entry)).sort()) && names.length > 0)
}
try { require('ebb/dist/inside.js') } catch (error) { console.log(error.code) }`,
    )
    expect(stdout + stderr).toBe('true\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\nERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })

  it('says one thing where its addon is missing: what was sought and the way out', () => {
    rmSync(path.join(installed, 'prebuilds'), { recursive: true })
    const text = `const { Heap } = require('ebb')\ntry { new Heap() } catch (error) { console.log(error.code + '|' + error.message) }`
    const { status, stdout, stderr } = run('missing.cjs', text)
    expect([status, stderr]).toEqual([0, ''])
    const [code, message] = stdout.split('|')
    expect(code).toBe('EBB_NO_ADDON')
    expect(message).toContain(`no native addon for ${process.platform}-${process.arch}`)
    expect(message).toContain(path.join('prebuilds', ...prebuilt))
    expect(message).toContain('npx ebb build')
  })

  it('tells in its command line what it can do', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(installed, 'scripts', 'ebb.js'), '--help'],
      { encoding: 'utf8', env: { ...process.env, PATH: '', NODE_OPTIONS: '' } },
    )
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Usage: ebb COMMAND\b.+ {2}build {2,}builds the native addon/s)
  })

  it('builds without dist/, and says of all else what is missing', () => {
    const folder = path.join(project, 'bare')
    mkdirSync(path.join(folder, 'scripts'), { recursive: true })
    copyFileSync(path.join(installed, 'scripts', 'ebb.js'), path.join(folder, 'scripts', 'ebb.js'))
    writeFileSync(path.join(folder, 'scripts', 'build-native.js'), "console.log('built')")
    const ebb = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(folder, 'scripts', 'ebb.js'), ...args], { encoding: 'utf8' })
    expect(ebb('build').stdout).toBe('built\n')
    const { status, stderr } = ebb('doctor')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^There is no .+cli.+npm run build.+ebb build/)
  })
})
