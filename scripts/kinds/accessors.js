'use strict'
// The accessors of a heap.
const { byteIn, NUMBERS } = require('./scalars')

/** The element of the array over near memory, before it is cut to 32 bits. */
const elementOf = (bytes) => {
  const shift = Math.log2(bytes)
  return `near${bytes} + (pointer << ${4 - shift}) + ${shift === 0 ? 'byteOffset' : `(byteOffset >> ${shift})`}`
}

/** The word of an aligned access; undefined where it does not lie in near memory, as the bounds of the array tell. */
const WORD = 'i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0]'

/** An accessor of a heap: an element of the array over near memory, or the slow path. */
function accessor(number) {
  const { name, bytes, says, type, array } = number
  const size = `${bytes} byte${bytes > 1 ? 's' : ''}`
  const heads = [
    `  /** Reads ${says} (${size}). */\n  get${name}(pointer: Pointer, byteOffset: number): ${type} {`,
    `  /** Writes ${says} (${size}). */\n  set${name}(pointer: Pointer, byteOffset: number, value: ${type}): void {`,
  ]
  const slow = [
    `get${name}Behind(this.#parts, pointer, byteOffset)`,
    `set${name}Behind(this.#parts, pointer, byteOffset, value)`,
  ]
  const shift = Math.log2(bytes)
  const element = elementOf(bytes)
  if (bytes < 4) {
    const isNear = (more = '') => `    if (
      typeof pointer === 'number' &&${more}
      isInPool(byteOffset, ${shift}) &&
      ${WORD} !== undefined
    ) {`
    const getter =
      bytes === 1
        ? `    if (typeof pointer === 'number' && isInPool(byteOffset, 0)) {
      const word = ${WORD}
      if (word !== undefined) return ${byteIn(number, 'byteOffset')}
    }`
        : `${isNear()}
      return ${array}[(${element}) >>> 0] as number
    }`
    return `${heads[0]}
${getter}
    return ${slow[0]}
  }

${heads[1]}
${isNear("\n      typeof value === 'number' &&")}
      ${array}[(${element}) >>> 0] = value
      return
    }
    ${slow[1]}
  }
`
  }
  return `${heads[0]}
    if (typeof pointer === 'number' && isInPool(byteOffset, ${shift})) {
      const value = ${array}[(${element}) | 0]
      if (value !== undefined) return value
    }
    return ${slow[0]}
  }

${heads[1]}
    if (typeof pointer === 'number' && typeof value === '${type}' && isInPool(byteOffset, ${shift})) {
      const index = (${element}) | 0
      if (${array}[index] !== undefined) {
        ${array}[index] = value
        return
      }
    }
    ${slow[1]}
  }
`
}

/** What an accessor of a heap calls for an offset of a pool's bytes and more: an element as well, if it lies in the slot or the block. */
function behind({ name, bytes, type, array }) {
  const shift = Math.log2(bytes)
  const far = name.toLowerCase()
  const element = `${array}[(${elementOf(bytes)}) ${bytes < 4 ? '>>> 0' : '| 0'}]`
  // `| 0` is what a store of an integer does with a number; without it, V8 makes a double of the value first.
  const stored = !name.startsWith('Float') && type === 'number' ? 'value | 0' : 'value'
  return `
function get${name}Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): ${type} {
  if (reaches(pointer, byteOffset, ${shift})) return ${element} as ${type}
  return getFar(parts, ${far}, pointer, byteOffset) as ${type}
}

function set${name}Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: ${type}): void {
  if (typeof value === '${type}' && reaches(pointer, byteOffset, ${shift})) {
    ${element} = ${stored}
  } else setFar(parts, ${far}, pointer, byteOffset, value)
}
`
}

/** The slow paths of all kinds, and the numbers that stand for a kind there. */
function farAccess() {
  const cases = (line) =>
    NUMBERS.map(({ name, bytes, type }, i) => {
      const label = i < NUMBERS.length - 1 ? `case ${name.toLowerCase()}:` : 'default:'
      return `      ${label}\n${line(name, bytes > 1, type).replace(/^/gm, '        ')}\n`
    })
  const gets = cases((name, isWide) => `return view.get${name}(offset${isWide ? ', true' : ''})`)
  const sets = cases(
    (name, isWide, type) => `view.set${name}(offset, value as ${type}${isWide ? ', true' : ''})\nbreak`,
  )
  // What is no number is refused before anything is computed of it: that would run code of the caller's, for ever if it likes.
  const open = `  if (typeof pointer !== 'number' || typeof byteOffset !== 'number')
    refuseAccess(parts, pointer, byteOffset, BYTES[kind], undefined)
  try {
    const annex = annexOf(parts, pointer, byteOffset, BYTES[kind])
    const view = annex ?? parts.table.data((pointer >>> slotShift) as Slot)
    const offset = annex === undefined ? at(pointer, byteOffset) : inAnnex(pointer, byteOffset)
    switch (kind) {
`
  return `${NUMBERS.map(({ name }, i) => `const ${name.toLowerCase()} = ${i}\n`).join('')}type Kind = ${NUMBERS.map((_, i) => i).join(' | ')}
/** Bytes of a number, by its kind. */
const BYTES = [${NUMBERS.map(({ bytes }) => bytes).join(', ')}] as const
${NUMBERS.map(behind).join('')}
/**
 * Reads whatever the hot path does not. One function for all kinds, and so one that V8 finds too long to inline: its budget for a
 * caller's loop is for the hot paths.
 */
function getFar(parts: HeapParts, kind: Kind, pointer: Pointer, byteOffset: number): number | bigint {
${open}${gets.join('')}    }
  } catch (cause) {
    return refuseAccess(parts, pointer, byteOffset, BYTES[kind], cause)
  }
}

/** Writes whatever the hot path does not. */
function setFar(parts: HeapParts, kind: Kind, pointer: Pointer, byteOffset: number, value: number | bigint): void {
${open}${sets.join('')}    }
  } catch (cause) {
    refuseAccess(parts, pointer, byteOffset, BYTES[kind], refusalOf(kind, value, cause))
  }
}

/** What a value is refused with: an error of ebb's, where it is of a kind that no number is made of; else what the DataView threw. */
function refusalOf(kind: Kind, value: unknown, cause: unknown): unknown {
  const isBig = kind >= bigint64
  const isWrong = isBig ? typeof value !== 'bigint' : typeof value === 'bigint' || typeof value === 'symbol'
  if (!isWrong) return cause
  const wanted = isBig ? 'bigint' : 'number'
  return typeError(\`ebb: an accessor writes a \${wanted}, got \${show(value)} (\${typeof value})\`, { cause })
}
`
}

/** An accessor of a debug heap. */
const checkedAccessor = ({
  name,
  bytes,
  type,
}) => `  override get${name}(pointer: Pointer, byteOffset: number): ${type} {
    this.#reach(pointer, byteOffset, ${bytes}, 'get${name}')
    return super.get${name}(pointer, byteOffset)
  }

  override set${name}(pointer: Pointer, byteOffset: number, value: ${type}): void {
    this.#reach(pointer, byteOffset, ${bytes}, 'set${name}')
    super.set${name}(pointer, byteOffset, value)
  }
`

module.exports = { accessor, checkedAccessor, farAccess }
