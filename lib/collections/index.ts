/** ebb/collections: what is held off the heap, moves itself, and gives its memory back. */

export { bytes, type KeyKind, type Plain, str, type ValueKind, type ValueOf, type Variable, value } from './kinds'
