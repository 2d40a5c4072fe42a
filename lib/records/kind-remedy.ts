/**
 * What an error about a kind says to do. The usual mistakes are a kind's name as text, a name that a module does not have, which is
 * undefined then, and a constructor of JavaScript.
 */
const OF_EBB = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64', 'i64', 'u64', 'bool', 'ref', 'struct']
const OF_COLLECTIONS = ['str', 'bytes', 'value']

/** The module that a kind of this name is imported from, or undefined. */
function moduleOf(name: unknown): string | undefined {
  if (OF_EBB.includes(name as string)) return 'ebb'
  return OF_COLLECTIONS.includes(name as string) ? 'ebb/collections' : undefined
}

/** The end of a message about what is no kind: where kinds are imported from. */
export function remedyOf(kind: unknown): string {
  const module = moduleOf(kind)
  if (module !== undefined) return `write ${kind} without quotes, and import { ${kind} } from '${module}'`
  const modules = "numbers, bool, ref and struct are imported from 'ebb'; str, bytes and value from 'ebb/collections'"
  return kind === undefined ? `${modules}; a name that a module does not have is undefined` : modules
}

/** The same about a field of a struct, which has a fixed size. */
export function remedyOfField(type: unknown): string {
  if (moduleOf(type) === 'ebb') return remedyOf(type)
  if (type === undefined) return `types are imported from 'ebb'; a name that a module does not have is undefined`
  return "types are imported from 'ebb', and have a fixed size; for a text or bytes take a ref to a block that has them"
}
