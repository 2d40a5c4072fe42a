'use strict'
// The fields of records, and the properties of rows.
const { byteIn, fitting, misfitting } = require('./scalars')

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
    const getter =
      bytes === 1
        ? `${element}
    if (typeof pointer === 'number' && element >= 0 && element < pool1) {
      const word = i32[(near4 + (pointer << 2) + (element >> 2)) | 0]
      if (word !== undefined) return ${read ? `(${byteIn(scalar, 'element')})${read}` : byteIn(scalar, 'element')}
    }`
        : `${isNear}
      return ${array}[(${at}) >>> 0]${read || ' as number'}
    }`
    return `${heads}
${getter}
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

module.exports = { field, property }
