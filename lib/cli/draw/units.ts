/** Numbers for people. */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Bytes with three digits: `0 bytes`, `4.00 KiB`, `187 MiB`. Whole multiples of a unit have no decimals: `4 KiB`. */
export function showBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unlimited'
  let unit = 0
  let value = bytes
  while (Math.abs(value) >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = Number.isInteger(value) ? 0 : Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** A whole number with its thousands apart: `65,530`. */
export const showCount = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 })

/** A share of a whole: `37 %`. Shares that are not quite nothing or all say so. */
export function showShare(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 1) return '< 1 %'
  if (percent < 100 && percent > 99) return '> 99 %'
  return `${Math.round(percent)} %`
}

/** Milliseconds: `250 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`. */
export function showTime(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever'
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 59.95) return `${seconds.toFixed(Number.isInteger(seconds) ? 0 : 1)} s`
  const [whole, large, small] =
    seconds < 3599.5 ? [Math.round(seconds), 'min', 's'] : [Math.round(seconds / 60), 'h', 'min']
  const rest = whole % 60
  return `${Math.floor(whole / 60)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** `1 heap`, `2 heaps`. */
export const plural = (count: number, noun: string): string => `${showCount(count)} ${noun}${count === 1 ? '' : 's'}`
