'use strict'
// Bundles lib/ into dist/: CommonJS, and its declarations. What `ebb` loads is five files in dist/chunks/: to read and compile 67 took
// 26 ms, these took 9 (Node 20; with what came since, 12 beside 17). Comments go: lib/ and the source maps are in the package.
const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { default: commonjs } = require('@rollup/plugin-commonjs')
const { rollup } = require('rollup')
const { dts } = require('rollup-plugin-dts')
const { minify } = require('terser')
const ts = require('typescript')
const { entries, root } = require('./entries.js')

const lib = path.join(root, 'lib')
/** What scripts/ebb.js starts. */
const COMMANDS = 'cli/index'
/** What `npx ebb live` preloads, and the thread that serves the page. */
const PRELOAD = 'live/preload'
const WORKER = 'live/worker'
/** For the tests and the platform checks, which work on the built library. No entry of the package: users cannot import it. */
const INSIDE = 'inside'
/** As deep as the folders of lib/: `../..` leads to the package from both. */
const CHUNKS = 'chunks/[name]'

const sourceOf = (entry) =>
  entry === INSIDE ? path.join(root, 'test', 'support', 'inside.ts') : path.join(lib, `${entry}.ts`)

/** Packages that go into the bundle: to look for them and read them is a tenth of the garbage of loading (see `shortened`). */
const BUNDLED = ['bindings', 'file-uri-to-path']
const isExternal = (id) => !id.startsWith('.') && !path.isAbsolute(id) && !id.startsWith('\0') && !BUNDLED.includes(id)

/** Reads TypeScript; the types are checked elsewhere. */
const typescript = {
  name: 'typescript',
  resolveId(id, importer) {
    if (BUNDLED.includes(id)) return require.resolve(id)
    return id.startsWith('.') ? path.join(path.dirname(importer), `${id}.ts`) : null
  },
  load(id) {
    if (!id.endsWith('.ts')) return null
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile)
    const compilerOptions = {
      ...ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options,
      module: ts.ModuleKind.ES2022,
      removeComments: true,
      sourceMap: true,
    }
    const { outputText, sourceMapText } = ts.transpileModule(readFileSync(id, 'utf8'), {
      compilerOptions,
      fileName: id,
    })
    const map = { ...JSON.parse(sourceMapText), sources: [id] }
    return { code: outputText.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'), map }
  },
}

/**
 * The floors that one file holds. More in one, and its scope has above 255 variables: V8 reads those behind by longer instructions, and
 * does not inline `alloc` and `free` into the caller's loop any more (a pair of 48 bytes took 3.2 ns instead of 2.6).
 */
const CHUNK_OF = {
  base: 'space',
  os: 'space',
  space: 'space',
  books: 'supply',
  release: 'supply',
  supply: 'supply',
  inspect: 'supply',
  heap: 'heap',
  records: 'records',
}

/** The files that a file of lib/ loads, itself included. */
function loadedBy(id, getModuleInfo, seen = new Set()) {
  if (isExternal(id) || seen.has(id)) return seen
  seen.add(id)
  for (const imported of getModuleInfo(id).importedIds) loadedBy(imported, getModuleInfo, seen)
  return seen
}

/**
 * What `ebb` loads goes into chunks by floors, but for what `ebb/rss` loads too, which works without the addon, and the names of folders:
 * ncc reads the JavaScript of 2020 alone, so no file with a private field tells it where the addons lie.
 */
function chunkOf(id, { getModuleInfo }) {
  const isOf = (entry) => loadedBy(sourceOf(entry), getModuleInfo).has(id)
  if (id === sourceOf('index') || !isOf('index')) return undefined
  if (isOf('rss/index') || id === path.join(lib, 'base', 'folder.ts')) return 'base'
  return id.startsWith(lib) ? CHUNK_OF[path.relative(lib, id).split(path.sep)[0]] : CHUNK_OF.os
}

/** `bindings` calls `require` with the addon's file. */
const packages = commonjs({ include: /node_modules/, ignoreDynamicRequires: true })

/** A line for each statement, and no long ones: Node prints the line of an error that nobody catches. */
const LINES = { semicolons: false, max_line_len: 160, ascii_only: true }
const SHORTENING = {
  compress: false,
  mangle: { toplevel: true },
  keep_fnames: true,
  keep_classnames: true,
  format: LINES,
  sourceMap: true,
}

/**
 * Drops spaces and shortens the names of variables: half the text is half the garbage of reading it. With all of it a young V8 collects once while it
 * loads, finds little alive, and sets its first limit low for that: a busy heap beside took up to four more mark-compacts
 * (`npm run bench:gc`). Nothing is rewritten, and functions and classes keep their names, for stack traces. ASCII alone: one other character, and
 * V8 keeps the text in two bytes for each.
 */
const shortened = {
  name: 'shortened',
  async renderChunk(code) {
    const { code: shorter, map } = await minify(code, SHORTENING)
    return { code: shorter, map: JSON.parse(map) }
  },
}

async function bundle(input, output, plugins) {
  const build = await rollup({
    input: Object.fromEntries(input.map((entry) => [entry, sourceOf(entry)])),
    external: isExternal,
    // What looks useless is there for a reason (base/stack.ts).
    treeshake: false,
    plugins,
    onwarn: ({ message }) => {
      throw new Error(message)
    },
  })
  await build.write({ dir: path.join(root, 'dist'), exports: 'named', ...output })
  await build.close()
}

// Compilers older than ours must understand the declarations: `Int32Array<ArrayBuffer>` is an error before TypeScript 5.7, whose typed arrays
// take no parameter, and `Int32Array` says less from 5.7 on. What `slice` returns is the one or the other.
// `Int32Array<ArrayBufferLike>` is `Int32Array` everywhere.
const forOldCompilers = {
  name: 'for old compilers',
  renderChunk: (code) =>
    code
      .replace(/\b(\w+Array|Buffer|DataView)<ArrayBufferLike>/g, '$1')
      .replace(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1['slice']>")
      .replace(/\bBuffer<ArrayBuffer>/g, 'ReturnType<typeof Buffer.alloc>'),
}

/** What the declarations need of the compiler's own, whatever the user's settings are. */
const REFERENCES =
  '/// <reference lib="esnext.disposable" preserve="true" />\n/// <reference types="node" preserve="true" />'

/** The licenses of what is bundled, which ask to be passed on. */
function writeLicenses() {
  const texts = BUNDLED.map((name) => {
    const folder = path.dirname(require.resolve(`${name}/package.json`))
    const { version } = require(`${name}/package.json`)
    const license = readdirSync(folder).find((file) => /^license/i.test(file))
    return `# ${name} ${version}\n\n${readFileSync(path.join(folder, license), 'utf8').trim()}\n`
  })
  writeFileSync(path.join(root, 'dist', 'LICENSES.md'), texts.join('\n'))
}

async function main() {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true })
  const code = {
    format: 'cjs',
    sourcemap: true,
    chunkFileNames: `${CHUNKS}.js`,
    manualChunks: chunkOf,
    hoistTransitiveImports: false,
    sourcemapExcludeSources: true,
  }
  await bundle([...entries, COMMANDS, PRELOAD, INSIDE], { ...code, interop: 'compat', esModule: true }, [
    typescript,
    packages,
    shortened,
  ])
  // By itself: the chunks would reserve a space for heaps in that thread, which has none.
  const alone = { format: 'cjs', sourcemap: true, sourcemapExcludeSources: true, interop: 'compat' }
  await bundle([WORKER], alone, [typescript, packages, shortened])
  const declarations = {
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: `${CHUNKS}.d.ts`,
    banner: REFERENCES,
  }
  const types = dts({ tsconfig: path.join(root, 'tsconfig.build.json') })
  await bundle(entries, declarations, [types, forOldCompilers])
  writeLicenses()
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
