'use strict'
// Writes the text that differs by the kind of number alone: the accessors of a heap, the fields of records, the properties of rows.
// V8 learns types per function, so each kind has functions of its own; a person edits this table and its templates.
//
//     node scripts/write-kinds.js             writes the regions between the marks
//     node scripts/write-kinds.js --check     writes nothing, prints the files that differ, and ends with 1 if there are any
const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const MARKED = /(?<=^ *\/\/ <written by scripts\/write-kinds\.js>\n).*?(?=^ *\/\/ <\/written>$)/gms

/** `name` is DataView's; a value of the type fits a field if `fits` holds. */
const NUMBERS = [
  { kind: 'i8', name: 'Int8', bytes: 1, says: 'a signed 8-bit integer', fits: '(value << 24) >> 24 === value' },
  { kind: 'u8', name: 'Uint8', bytes: 1, says: 'an unsigned 8-bit integer', fits: '(value & 0xff) === value' },
  { kind: 'i16', name: 'Int16', bytes: 2, says: 'a signed 16-bit integer', fits: '(value << 16) >> 16 === value' },
  { kind: 'u16', name: 'Uint16', bytes: 2, says: 'an unsigned 16-bit integer', fits: '(value & 0xffff) === value' },
  { kind: 'i32', name: 'Int32', bytes: 4, says: 'a signed 32-bit integer', fits: '(value | 0) === value' },
  { kind: 'u32', name: 'Uint32', bytes: 4, says: 'an unsigned 32-bit integer', fits: 'value >>> 0 === value' },
  { kind: 'f32', name: 'Float32', bytes: 4, says: 'a 32-bit IEEE 754 number' },
  { kind: 'f64', name: 'Float64', bytes: 8, says: 'a 64-bit IEEE 754 number' },
  {
    kind: 'i64',
    name: 'BigInt64',
    bytes: 8,
    says: 'a signed 64-bit integer',
    fits: 'BigInt.asIntN(64, value) === value',
  },
  {
    kind: 'u64',
    name: 'BigUint64',
    bytes: 8,
    says: 'an unsigned 64-bit integer',
    fits: 'BigInt.asUintN(64, value) === value',
  },
].map((number) => {
  const type = number.name.startsWith('Big') ? 'bigint' : 'number'
  return { fits: '', ...number, type, array: number.kind, read: '', write: '' }
})

/** Records have two more, kept as one of the numbers: `read` makes the value of what is stored, `write` the reverse. */
const SCALARS = [
  ...NUMBERS,
  { ...NUMBERS[1], kind: 'bool', type: 'boolean', fits: '', read: ' !== 0', write: ' ? 1 : 0' },
  {
    ...NUMBERS[4],
    kind: 'ref',
    type: 'Pointer | 0',
    fits: '(value | 0) === value && value >= 0',
    read: ' as Pointer | 0',
  },
]

const fitting = ({ type, fits }) =>
  [`typeof value === '${type === 'Pointer | 0' ? 'number' : type}'`, fits].filter(Boolean).join(' && ')
const misfitting = (scalar) => fitting(scalar).replaceAll('===', '!==').replaceAll('>= 0', '< 0').replaceAll('&&', '||')

/** An accessor of a heap: an element of the array over near memory, or the slow path. */
function accessor({ name, bytes, says, type, array }) {
  const size = `${bytes} byte${bytes > 1 ? 's' : ''}`
  const heads = [
    `  /** Reads ${says} (${size}). */\n  get${name}(pointer: Pointer, byteOffset: number): ${type} {`,
    `  /** Writes ${says} (${size}). */\n  set${name}(pointer: Pointer, byteOffset: number, value: ${type}): void {`,
  ]
  const slow = [
    `getFar(this.#parts, ${name.toLowerCase()}, pointer, byteOffset) as ${type}`,
    `setFar(this.#parts, ${name.toLowerCase()}, pointer, byteOffset, value)`,
  ]
  const shift = Math.log2(bytes)
  const element = `near${bytes} + (pointer << ${4 - shift}) + ${shift === 0 ? 'byteOffset' : `(byteOffset >> ${shift})`}`
  if (bytes < 4) {
    const isNear = `    if (
      typeof pointer === 'number' &&
      isInPool(byteOffset, ${shift}) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {`
    return `${heads[0]}
${isNear}
      return ${array}[(${element}) >>> 0] as number
    }
    return ${slow[0]}
  }

${heads[1]}
${isNear}
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
    if (typeof pointer === 'number' && isInPool(byteOffset, ${shift})) {
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
  const open = `  try {
    const view = viewOf(parts, pointer)
    const offset = at(pointer, byteOffset)
    switch (kind) {
`
  return `${NUMBERS.map(({ name }, i) => `const ${name.toLowerCase()} = ${i}\n`).join('')}type Kind = ${NUMBERS.map((_, i) => i).join(' | ')}
/** Bytes of a number, by its kind. */
const BYTES = [${NUMBERS.map(({ bytes }) => bytes).join(', ')}] as const

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
    refuseAccess(parts, pointer, byteOffset, BYTES[kind], cause)
  }
}
`
}

/** A class of fields: as the accessor, with the offset in elements. */
function field(scalar) {
  const { kind, name, bytes, type, array, read, write } = scalar
  const heads = `class ${kind[0].toUpperCase()}${kind.slice(1)}Field extends FieldOf<${type}> {
  get(pointer: Pointer, index = 0): ${type} {`
  const setter = `  set(pointer: Pointer, value: ${type}, index = 0): void {
    if (${misfitting(scalar)}) refuseValue(this.name, '${kind}', value)`
  const offset = 'this.byteOffset + index * this.stride'
  const slow = [
    `return this.heap.get${name}(pointer, ${offset})${read}`,
    `this.heap.set${name}(pointer, ${offset}, value${write})`,
  ]
  const element = '    const element = this.element + index * this.step'
  const at = `near${bytes} + (pointer << ${4 - Math.log2(bytes)}) + element`
  if (bytes < 4) {
    const isNear = `${element}
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool${bytes} &&
      i32[(near4 + (pointer << 2) + (element >> ${2 - Math.log2(bytes)})) | 0] !== undefined
    ) {`
    return `${heads}
${isNear}
      return ${array}[(${at}) >>> 0]${read || ' as number'}
    }
    ${slow[0]}
  }

${setter}
${isNear}
      ${array}[(${at}) >>> 0] = value${write}
      return
    }
    ${slow[1]}
  }
}
`
  }
  const isNear = `${element}
    if (typeof pointer === 'number' && element >= 0 && element < pool${bytes}) {`
  return `${heads}
${isNear}
      const value = ${array}[(${at}) | 0]
      if (value !== undefined) return value${read}
    }
    ${slow[0]}
  }

${setter}
${isNear}
      const at = (${at}) | 0
      if (${array}[at] !== undefined) {
        ${array}[at] = value
        return
      }
    }
    ${slow[1]}
  }
}
`
}

/** The property of a row: an element of the record that the cursor stands on, or what the field says. */
function property(scalar) {
  const { kind, bytes, type, array, read, write } = scalar
  return `  ${kind}: (field: Field<${type}>) => {
    const { byteOffset } = field
    return {
      get(): ${type} {
        const place = this._cursor
        const value = ${array}[(place.base + byteOffset) >>> ${Math.log2(bytes)}]
        return value !== undefined ? ${read.startsWith(' as') ? `(value${read})` : `value${read}`} : field.get(place.pointer, place.index)
      },
      set(value: ${type}): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> ${Math.log2(bytes)}
        if (${fitting(scalar)} && ${array}[at] !== undefined) ${array}[at] = value${write}
        else field.set(place.pointer, value, place.index)
      },
    }
  },
`
}

/** The regions of each file, in their order. */
const FILES = {
  'lib/heap/numbers.ts': [NUMBERS.map(accessor).join('\n'), farAccess()],
  'lib/records/fields.ts': [SCALARS.map(field).join('\n')],
  'lib/records/rows.ts': [SCALARS.map(property).join('')],
}

const isCheck = process.argv.includes('--check')
for (const [name, regions] of Object.entries(FILES)) {
  const file = path.join(__dirname, '..', name)
  const text = readFileSync(file, 'utf8')
  const marked = text.match(MARKED)?.length ?? 0
  if (marked !== regions.length)
    throw new Error(
      `${name} has ${marked} regions with the marks of scripts/write-kinds.js, and needs ${regions.length}`,
    )
  const rest = [...regions]
  const written = text.replace(MARKED, () => rest.shift())
  if (written === text) continue
  if (!isCheck) writeFileSync(file, written)
  else {
    console.log(`${name} is not what scripts/write-kinds.js writes; run npm run write:kinds`)
    process.exitCode = 1
  }
}
