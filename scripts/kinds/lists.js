'use strict'
// The lists of scalars: a class for each kind, and its iterator.
const { fitting, misfitting } = require('./scalars')

const CHUNK_BYTES = 32768

const nameOf = ({ kind }) => `${kind[0].toUpperCase()}${kind.slice(1)}List`

/** Of kinds that are kept as another: how an element of the typed array becomes a value, and back. */
const conversions = ({ type, read, write }) => `
  protected override encode(value: ${type}): number {
    return value${write}
  }

  protected override decode(element: number | bigint): ${type} {
    return element${read}
  }
`

/** A class of lists: as the accessor, with the place of a chunk from the directory. */
function list(scalar) {
  const { kind, name, bytes, type, array, read, write } = scalar
  const shift = Math.log2(CHUNK_BYTES / bytes)
  const mask = CHUNK_BYTES / bytes - 1
  const toIndex = bytes === 1 ? '>>> 0' : '| 0'
  const words = bytes === 1 ? 'u32' : 'i32'
  const word = `(this.directoryAt + ((at >>> ${shift}) << 1)) | 0`
  const slot = `${words}[${word}]`
  // Of bytes a place is where the chunk begins (list-slots.ts).
  const element = bytes === 1 ? `(slot + (at & ${mask})) >>> 0` : '(slot + at) | 0'
  // What an index has, or nothing, without a way out of the loop that asks for it: docs/design.md, "The array's bounds are the check".
  const find = (from, also = '') => `let at = 0
    let word = FAR_DIRECTORY
    if (${also}this.has(index, ${from})) {
      at = (this.firstAt + ${from === '0' ? '' : `${from} + `}index) | 0
      word = ${word}
    }
    const slot = ${words}[word]`
  return `export class ${nameOf(scalar)} extends ListMethods<${type}> {
  get(index: number): ${type} {
    ${find('0')}
    if (slot !== undefined) {
      const element = ${array}[${element}]
      if (element !== undefined) return element${read}
    }
    return this.getFar(index)
  }

  override at(index: number): ${type} | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    ${find('from')}
    if (slot !== undefined) {
      const element = ${array}[${element}]
      if (element !== undefined) return element${read}
    }
    return super.at(index)
  }

  set(index: number, value: ${type}): void {
    ${find('0', `${fitting(scalar)} && `)}
    if (slot !== undefined) {
      const place = ${element}
      if (${array}[place] !== undefined) {
        ${array}[place] = value${write}
        return
      }
    }
    this.setFar(index, value)
  }

  push(value: ${type}): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) ${toIndex}
    if (${array}[place] !== undefined) ${array}[place] = value${write}
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: ${type}, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: ${type}, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<${type}> {
    this.mustIterate()
    return new ${nameOf(scalar)}Values(this) as unknown as RuntimeIterator<${type}>
  }

  protected override read(at: number): ${type} {
    const slot = ${slot}
    if (slot !== undefined) {
      const element = ${array}[${element}]
      if (element !== undefined) return element${read}
    }
    return this.heap.get${name}(this.pointerAt(at), this.offsetOf(at))${read}
  }

  protected override write(at: number, value: ${type}): void {
    const slot = ${slot}
    if (slot !== undefined) {
      const place = ${element}
      if (${array}[place] !== undefined) {
        ${array}[place] = value${write}
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): ${type} {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: ${type}): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: ${type}): void {
    this.heap.set${name}(this.pointerAt(at), this.offsetOf(at), value${write})
  }

  protected override check(value: unknown): asserts value is ${type} {
    if (${misfitting(scalar)}) refuseElement('${kind}', value)
  }
${kind === 'bool' ? conversions(scalar) : ''}}

class ${nameOf(scalar)}Values {
  readonly #list: ${nameOf(scalar)}
  #index = 0

  constructor(list: ${nameOf(scalar)}) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<${type}, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: ${type} | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<${type}, undefined>
  }
}
inheritHelpers(${nameOf(scalar)}Values)
`
}

/** What users hold of a list of scalars: BaseList with the hot calls once more. */
const face = (scalar) => {
  const { type } = scalar
  const name = nameOf(scalar).replace('List', 'Face')
  return `class ${name} extends BaseList<${type}> {
  readonly #list = listWithin(this) as ${nameOf(scalar)}

  override get length(): number {
    return this.#list.length
  }

  override set length(length: number) {
    this.#list.length = length
  }

  override get(index: number): ${type} {
    return this.#list.get(index)
  }

  override at(index: number): ${type} | undefined {
    return this.#list.at(index)
  }

  override set(index: number, value: ${type}): void {
    this.#list.set(index, value)
  }

  override push(value: ${type}, ...more: ${type.includes('|') ? `(${type})` : type}[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  override forEach(visit: (value: ${type}, index: number, list: this) => void): void {
    this.#list.forEach(visit as never, this)
  }

  override [Symbol.iterator](): RuntimeIterator<${type}> {
    return this.#list.values()
  }

  override slice(from?: number, to?: number): this {
    return new ${name}(this.#list.slice(from, to)) as this
  }
}
`
}

/** Makes the face of a list of a scalar. */
const faceTable = (scalars) => `/** By kind of scalar: makes a list and its face. */
export const FACES = {
${scalars
  .map((scalar) => {
    const list = nameOf(scalar)
    return `  ${scalar.kind}: (heap: Heap) => new ${list.replace('List', 'Face')}(new ${list}(heap, '${scalar.kind}', ${scalar.name}Array)),\n`
  })
  .join('')}} as const
`

module.exports = { list, face, faceTable }
