/** Calls of several functions, each of which is made whatever the others throw. */

/** Calls both, whatever the first throws. An error of the first goes before one of the second. */
export function inTurn<T>(first: () => T, second: () => void): T {
  let result: T
  try {
    result = first()
  } catch (error) {
    try {
      second()
    } catch {
      // The first error is the one to tell.
    }
    throw error
  }
  second()
  return result
}

/** Calls something for each of them, whatever it throws for one, and throws the first error then. */
export function forAll<T>(list: Iterable<T>, call: (item: T) => void): void {
  let failure: { readonly error: unknown } | undefined
  for (const item of list) {
    try {
      call(item)
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure !== undefined) throw failure.error
}
