/** Plain tables, in the form of Markdown so that they can be pasted into a document. */

/** The first column is text; the others are numbers, flush right. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...lines.map((line) => (line[i] ?? '').length)))
  const row = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [row(head), rule, ...lines.map(row)].join('\n')
}

/** Three digits that count, no exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '?'
  if (value >= 1e5) return value.toExponential(1).replace('e+', 'e')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export const MIB = 2 ** 20

/** MiB: one decimal, two below ten. */
export const mib = (bytes: number): string => (bytes / MIB).toFixed(Math.abs(bytes) < 9.95 * MIB ? 2 : 1)

export const megabytes = (bytes: number): string => digits(bytes / 1e6)
