/** Reading options that callers give in an object. */
import { rangeError, show, typeError } from '../base/errors'

/** The known properties of an object, inherited ones too, each read once; a property of its own that is not known is refused. */
export function readOptions<K extends string>(
  given: unknown,
  known: readonly K[],
  what: string,
): { [key in K]?: unknown } {
  if (typeof given !== 'object' || given === null)
    throw typeError(
      `ebb: ${what} comes in an object, such as { ${known[0]}: ... }, got ${show(given)} (${typeof given})`,
    )
  const unknown = Object.keys(given).find((key) => !known.includes(key as K))
  if (unknown !== undefined) throw typeError(`ebb: ${show(unknown)} is not ${what}; there are ${known.join(', ')}`)
  const read: { [key in K]?: unknown } = {}
  for (const key of known) read[key] = (given as { [key in K]?: unknown })[key]
  return read
}

export function checkNumber(name: string, value: unknown, unit: string): number {
  if (typeof value !== 'number')
    throw typeError(`ebb: ${name} must be a number of ${unit}, got ${show(value)} (${typeof value})`)
  if (!(value >= 0)) throw rangeError(`ebb: ${name} must be from 0 to Infinity ${unit}, got ${show(value)}`)
  return value
}
