/** Colour in the terminal, where it is wanted. */
import type { Io, Output } from '../io'

/** SGR codes that every terminal with colours knows. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const

/** How a text looks. */
export type Look = keyof typeof CODES

/** Gives a text a look, or leaves it as it is. */
export type Ink = (look: Look, text: string) => string

/** Text without colour. */
export const plainInk: Ink = (_, text) => text

/** Text with escape sequences. */
export const colourInk: Ink = (look, text) => (text === '' ? '' : `\x1b[${CODES[look]}m${text}\x1b[0m`)

/**
 * Whether an output gets colours: a terminal that is not dumb does, a pipe or a file does not. `NO_COLOR` forbids them and `FORCE_COLOR` asks for
 * them, each if it is there and not empty (no-color.org); `FORCE_COLOR=0` forbids them, as Node has it.
 */
export function inkOf(output: Output, env: Io['env']): Ink {
  if ((env.NO_COLOR ?? '') !== '') return plainInk
  const force = env.FORCE_COLOR ?? ''
  if (force !== '') return force === '0' || force === 'false' ? plainInk : colourInk
  return output.isTTY === true && env.TERM !== 'dumb' ? colourInk : plainInk
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const SEQUENCE = /\x1b\[[0-9;?]*[A-Za-z]/g

/** A text without its escape sequences, and so its width in a terminal. */
export const withoutInk = (text: string): string => text.replace(SEQUENCE, '')

/** A text of somebody else's without characters that a terminal would obey. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?')
