/** What `console.log` shows of a collection. */

/** Elements that it shows. */
const SHOWN = 8

/** Something that can be counted and walked. */
interface Counted {
  readonly count: number
  readonly isClosed: boolean
}

/** One line: a name, how many there are, and the first of them. */
export function entriesLine<T>(
  name: string,
  table: Counted,
  entries: () => Iterable<T>,
  show: (entry: T) => string,
): string {
  if (table.isClosed) return `${name} closed`
  const shown: string[] = []
  for (const entry of entries()) {
    if (shown.length === SHOWN) break
    shown.push(show(entry))
  }
  if (table.count > shown.length) shown.push(`... ${table.count - shown.length} more`)
  return shown.length === 0 ? `${name}(0) {}` : `${name}(${table.count}) { ${shown.join(', ')} }`
}
