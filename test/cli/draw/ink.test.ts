import { describe, expect, it } from 'vitest'
import { colourInk, inkOf, plainInk, withoutInk } from '../../../lib/cli/draw/ink'

const terminal = { write: () => true, isTTY: true }
const pipe = { write: () => true }

describe('inkOf', () => {
  it('colours a terminal, and no pipe', () => {
    expect(inkOf(terminal, {})).toBe(colourInk)
    expect(inkOf(pipe, {})).toBe(plainInk)
    expect(inkOf(terminal, { TERM: 'dumb' })).toBe(plainInk)
  })

  it('does what the environment asks for', () => {
    expect(inkOf(terminal, { NO_COLOR: '1' })).toBe(plainInk)
    expect(inkOf(terminal, { NO_COLOR: '' })).toBe(colourInk)
    expect(inkOf(pipe, { FORCE_COLOR: '1' })).toBe(colourInk)
    expect(inkOf(terminal, { FORCE_COLOR: '0' })).toBe(plainInk)
    expect(inkOf(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(plainInk)
  })
})

describe('an ink', () => {
  it('can be taken off again', () => {
    expect(colourInk('bold', 'a')).toBe('\x1b[1ma\x1b[0m')
    expect(colourInk('bold', '')).toBe('')
    expect(withoutInk(`${colourInk('red', 'a')}b${colourInk('dim', 'c')}`)).toBe('abc')
  })
})
