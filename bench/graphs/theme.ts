/** Colours of the charts, for light and for dark pages. */

export type ThemeName = 'light' | 'dark'

export interface Theme {
  readonly background: string
  readonly text: string
  /** Captions, ticks, notes. */
  readonly muted: string
  readonly grid: string
  /** A bound that has to be held. */
  readonly bound: string
  /** ebb has the first colour in every chart, live bytes the grey of `live`. */
  readonly ebb: readonly string[]
  readonly live: string
  readonly peers: readonly string[]
}

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    muted: '#59636e',
    grid: '#e3e6ea',
    bound: '#cf222e',
    ebb: ['#0969da', '#54aeff', '#0a3069'],
    live: '#6e7781',
    peers: ['#d4570a', '#1a7f37', '#8250df', '#bf3989', '#9a6700', '#0d8a92', '#57606a', '#a40e26'],
  },
  dark: {
    background: '#0d1117',
    text: '#e6edf3',
    muted: '#9198a1',
    grid: '#2a313c',
    bound: '#ff7b72',
    ebb: ['#58a6ff', '#a5d6ff', '#1f6feb'],
    live: '#8b949e',
    peers: ['#f0883e', '#3fb950', '#bc8cff', '#f778ba', '#d29922', '#39c5cf', '#b1bac4', '#ff7b72'],
  },
}

/** What a series or bar stands for; decides its colour. */
export type Role = 'ebb' | 'live' | 'peer'

/** Gives out colours in the order in which they are asked for, the same name always getting the same. */
export class Palette {
  readonly #theme: Theme
  readonly #given = new Map<string, string>()
  readonly #next = { ebb: 0, peer: 0 }

  constructor(theme: Theme) {
    this.#theme = theme
  }

  colour(name: string, role: Role): string {
    const known = this.#given.get(name)
    if (known !== undefined) return known
    const colour = role === 'live' ? this.#theme.live : this.#draw(role)
    this.#given.set(name, colour)
    return colour
  }

  #draw(role: 'ebb' | 'peer'): string {
    const colours = role === 'ebb' ? this.#theme.ebb : this.#theme.peers
    return colours[this.#next[role]++ % colours.length]!
  }
}
