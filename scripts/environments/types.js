'use strict'
// Compiles a program that uses the declarations, which are checked too, with TypeScript in pinned versions.
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { node, projectWith, write } = require('./project.js')

/** The oldest is the first that knows `Symbol.dispose`. */
const VERSIONS = ['5.2.2', '5.4.5', '5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3']

const PROGRAM = `
import { f64, Heap, HeapError, HeapStats, type Pointer, record, ref, struct, u8 } from 'ebb'
import { type LivePage, serve } from 'ebb/live'
import { RssRecorder, sampleRss } from 'ebb/rss'

const heap = new Heap({ name: 'types', decay: 500 })
const pointer: Pointer = heap.alloc(10)
const bytes: Uint8Array = heap.copyOut(pointer, 4)
const stats: HeapStats = heap.stats()
const point = struct({ x: f64, y: f64 })
const particle = record(heap, { at: point, tag: u8, next: ref })
const made = particle.alloc()
particle.fields.at.x.set(made, 1.5)
const cursor = particle.cursor(made)
const x: number = cursor.row.at.x
heap[Symbol.dispose]()
export const page: Promise<LivePage> = serve({ port: 0, heaps: [heap] })
export const all = [bytes, stats, x, HeapError, new RssRecorder(), sampleRss().resident]
// @ts-expect-error a name is a string
export const wrong = new Heap({ name: 5 })
`

/** What the compiler is told, beside the resolution. */
const OPTIONS = { noEmit: true, strict: true, target: 'es2022', lib: ['es2022'], types: [], skipLibCheck: false }
const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
]

/** Compiles with one version, in both resolutions, as ES module and as CommonJS. */
function compile(version, tarball) {
  const { devDependencies } = JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8'))
  const packages = [
    ...VERSIONS.map((wanted) => `typescript-${wanted}@npm:typescript@${wanted}`),
    `@types/node@${devDependencies['@types/node']}`,
  ]
  const { folder, bin } = projectWith('types', packages, tarball, { 'use.mts': PROGRAM, 'use.cts': PROGRAM })
  for (const resolution of RESOLUTIONS) {
    const options = { compilerOptions: { ...OPTIONS, ...resolution }, files: ['use.mts', 'use.cts'] }
    write(folder, { 'tsconfig.json': JSON.stringify(options) })
    node([bin(`typescript-${version}/lib/tsc.js`), '--project', folder], { cwd: folder })
  }
}

const TYPES = Object.fromEntries(
  VERSIONS.map((version) => [`TypeScript ${version}`, (tarball) => compile(version, tarball)]),
)

module.exports = { TYPES }
