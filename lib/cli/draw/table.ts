/** Tables for the terminal. */
import { withoutInk } from './ink'

/** Rows of cells as lines: the first column to the left, the others to the right. Escape sequences take no room. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => withoutInk(row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const room = ' '.repeat((widths[column] as number) - withoutInk(cell).length)
        return column === 0 ? cell + room : room + cell
      })
      .join('  ')
      .trimEnd(),
  )
}
