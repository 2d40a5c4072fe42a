// Numbers as people read them.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
const whole = new Intl.NumberFormat('en-US')

/**
 * Bytes with three digits and a unit: 4.75 MiB.
 * @param {number} bytes
 */
export function bytes(bytes) {
  let unit = 0
  let value = bytes
  // 1023.5 KiB would be shown as 1024 KiB.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/**
 * A whole number in groups of three digits.
 * @param {number} value
 */
export const count = (value) => whole.format(value)

/**
 * A number with its noun: 1 arena, 2 arenas.
 * @param {number} value
 * @param {string} noun
 */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`

/**
 * A share of 0 to 1. What is not nothing is never shown as 0 %, what is not all never as 100 %.
 * @param {number} share
 */
export function percent(share) {
  if (!(share > 0)) return '0 %'
  if (share < 0.01) return '< 1 %'
  if (share < 1 && share > 0.99) return '> 99 %'
  return `${Math.round(share * 100)} %`
}

/**
 * The time of day, to the second.
 * @param {number} ms since the epoch
 */
export function timeOfDay(ms) {
  const date = new Date(ms)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}
