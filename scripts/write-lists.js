'use strict'
// Writes what differs per kind of element into lib/collections/list-kinds.ts, between its marks. V8 learns types per function, so each
// kind has functions of its own. With --check it compares instead, and ends with 1 where the file differs.
const { execFileSync } = require('node:child_process')
const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const file = path.join(__dirname, '..', 'lib', 'collections', 'list-kinds.ts')
const BEGIN = '// <written by scripts/write-lists.js>\n'
const END = '// </written>\n'
const CHUNK_BYTES = 32768

const whole = (test) => `typeof value !== 'number' || ${test} !== value`
const big = (call) => `typeof value !== 'bigint' || BigInt.${call}(64, value) !== value`
const number = "typeof value !== 'number'"

/** Kind, bytes, accessor of the heap, what a value must not be; type, view, and how an element becomes a value and back. */
const KINDS = [
  { kind: 'i8', bytes: 1, accessor: 'Int8', not: whole('(value << 24) >> 24') },
  { kind: 'u8', bytes: 1, accessor: 'Uint8', not: whole('(value & 0xff)') },
  { kind: 'i16', bytes: 2, accessor: 'Int16', not: whole('(value << 16) >> 16') },
  { kind: 'u16', bytes: 2, accessor: 'Uint16', not: whole('(value & 0xffff)') },
  { kind: 'i32', bytes: 4, accessor: 'Int32', not: whole('(value | 0)') },
  { kind: 'u32', bytes: 4, accessor: 'Uint32', not: whole('value >>> 0') },
  { kind: 'f32', bytes: 4, accessor: 'Float32', not: number },
  { kind: 'f64', bytes: 8, accessor: 'Float64', not: number },
  { kind: 'i64', bytes: 8, accessor: 'BigInt64', not: big('asIntN'), type: 'bigint' },
  { kind: 'u64', bytes: 8, accessor: 'BigUint64', not: big('asUintN'), type: 'bigint' },
  {
    kind: 'bool',
    bytes: 1,
    accessor: 'Uint8',
    not: "typeof value !== 'boolean'",
    type: 'boolean',
    view: 'u8',
    decode: (text) => `${text} !== 0`,
    encode: 'value ? 1 : 0',
  },
  {
    kind: 'ref',
    bytes: 4,
    accessor: 'Int32',
    not: "typeof value !== 'number' || (value | 0) !== value || value < 0",
    type: 'Pointer | 0',
    view: 'i32',
    decode: (text) => `${text} as Pointer | 0`,
  },
]

function classOf({
  kind,
  bytes,
  accessor,
  not,
  type = 'number',
  view = kind,
  decode = (text) => text,
  encode = 'value',
}) {
  const name = `${kind[0].toUpperCase()}${kind.slice(1)}List`
  const shift = Math.log2(CHUNK_BYTES / bytes)
  const mask = CHUNK_BYTES / bytes - 1
  const places = bytes === 1 ? 'u32' : 'i32'
  const raw = type === 'bigint' ? 'bigint' : 'number'
  const toIndex = bytes === 1 ? '>>> 0' : '| 0'
  const isIndex =
    "typeof index === 'number' && (index | 0) === index && index >= 0 && index < ((this.endAt - this.firstAt) | 0)"
  const slot = `${places}[(this.directoryAt + ((at >>> ${shift}) << 1)) | 0]`
  const read = `const place = ${slot}
    if (place !== undefined) {
      const element = ${view}[(place + (at & ${mask})) ${toIndex}]
      if (element !== undefined) return ${decode('element')}
    }
    return this.readFar(at)`
  const write = `const slot = ${slot}
    if (slot !== undefined) {
      const place = (slot + (at & ${mask})) ${toIndex}
      if (${view}[place] !== undefined) {
        ${view}[place] = ${encode}
        return
      }
    }
    this.writeFar(at, value)`
  const conversions = `  /** @internal */
  protected override encode(value: ${type}): ${raw} {
    return ${encode}
  }

  /** @internal */
  protected override decode(element: number | bigint): ${type} {
    return ${decode('(element as number)')}
  }

`
  return `class ${name} extends ListMethods<${type}> {
  get(index: number): ${type} {
    if (!(${isIndex})) this.refuseIndex(index)
    const at = (this.firstAt + index) | 0
    ${read}
  }

  set(index: number, value: ${type}): void {
    if (${not}) refuseElement('${kind}', value)
    if (!(${isIndex})) this.refuseIndex(index)
    const at = (this.firstAt + index) | 0
    ${write}
  }

  push(value: ${type}): number {
    if (${not}) refuseElement('${kind}', value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) ${toIndex}
    if (${view}[place] !== undefined) ${view}[place] = ${encode}
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: ${type}, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.endAt - this.firstAt; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<${type}> {
    this.mustIterate()
    return new ${name}Values(this)
  }

  /** @internal */
  readIndex(index: number): ${type} {
    return this.read((this.firstAt + index) | 0)
  }

  /** @internal */
  protected override read(at: number): ${type} {
    ${read}
  }

  /** @internal */
  protected override write(at: number, value: ${type}): void {
    ${write}
  }

  /** @internal */
  protected override writeAll(at: number, end: number, value: ${type}): void {
    for (let position = at; position < end; position++) this.write(position, value)
  }

  /** @internal */
  protected override check(value: unknown): void {
    if (${not}) refuseElement('${kind}', value)
  }

${kind === 'bool' ? conversions : ''}  private readFar(at: number): ${type} {
    return ${decode(`this.heap.get${accessor}(this.pointerAt(at), this.offsetOf(at))`)}
  }

  private writeFar(at: number, value: ${type}): void {
    this.heap.set${accessor}(this.pointerAt(at), this.offsetOf(at), ${encode})
  }
}

class ${name}Values implements IterableIterator<${type}> {
  private index = 0
  private readonly list: ${name}

  constructor(list: ${name}) {
    this.list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<${type}> {
    const { list, index } = this
    const done = index >= list.length
    let value: ${type} | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<${type}>
  }

  private finish(): void {
    this.index = Infinity
    this.list.mustIterate()
  }

  [Symbol.iterator](): this {
    return this
  }
}
`
}

const table = `/** By kind of scalar: the class of its lists, and the typed array of their elements. */
export const SCALAR_LISTS = {
${KINDS.map(({ kind, accessor }) => `  ${kind}: [${kind[0].toUpperCase()}${kind.slice(1)}List, ${accessor}Array],\n`).join('')}} as const
`
const written = `${KINDS.map(classOf).join('\n')}\n${table}`
const before = readFileSync(file, 'utf8')
const from = before.indexOf(BEGIN) + BEGIN.length
const to = before.indexOf(END)
const biome = path.join(__dirname, '..', 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
const after = execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${file}`], {
  input: before.slice(0, from) + written + before.slice(to),
  encoding: 'utf8',
})
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error('lib/collections/list-kinds.ts is not what scripts/write-lists.js writes; run it')
    process.exitCode = 1
  }
} else if (after !== before) writeFileSync(file, after)
