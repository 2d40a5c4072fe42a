/** The known name that was probably meant. */

/** Single letters added, left out, exchanged or swapped with a neighbour (optimal string alignment distance). */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + change)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) least = Math.min(least, (before[j - 2] as number) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length] as number
}

/** Undefined where nothing is near: more than a third of the letters differ, and it is not the beginning of a name. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  if (given === '') return undefined
  const begun = names.filter((name) => name.startsWith(given))
  if (begun.length === 1) return begun[0]
  let best: string | undefined
  let least = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(given, name)
    if (distance < least) {
      least = distance
      best = name
    }
  }
  return best
}

/** `; did you mean --pid?`, or nothing. */
export function didYouMean(given: string, names: readonly string[], prefix = ''): string {
  const name = nearest(given, names)
  return name === undefined ? '' : `; did you mean ${prefix}${name}?`
}
