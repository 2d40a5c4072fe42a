/** Order statistics. */

/** The value below which the share `part` of the list lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Of figures that were taken several times: the median of each. */
export function medians<Key extends string>(
  rounds: readonly Readonly<Partial<Record<Key, number>>>[],
): Record<Key, number> {
  const result = {} as Record<Key, number>
  for (const key of Object.keys(rounds[0] ?? {}) as Key[]) {
    result[key] = median(rounds.map((figures) => figures[key] ?? Number.NaN))
  }
  return result
}
