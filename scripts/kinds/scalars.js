'use strict'
// The kinds of numbers, and what is said of each.

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

/**
 * A byte of the word that tells whether it is near: an element of an array of bytes would be a second access, with checks of its own (0.95 ns
 * then instead of 0.63). For 16 bits it is slower where the offset is no constant.
 */
const byteIn = ({ name }, offset) =>
  name.startsWith('U') ? `(word >>> ((${offset} & 3) * 8)) & 0xff` : `(word << (24 - (${offset} & 3) * 8)) >> 24`

const fitting = ({ type, fits }) =>
  [`typeof value === '${type === 'Pointer | 0' ? 'number' : type}'`, fits].filter(Boolean).join(' && ')
const misfitting = (scalar) => fitting(scalar).replaceAll('===', '!==').replaceAll('>= 0', '< 0').replaceAll('&&', '||')

module.exports = { NUMBERS, SCALARS, byteIn, fitting, misfitting }
