// What a cell's byte means, its words and its colour. The numbers are those of PoolState in lib/inspect/map.ts.

export const USED = 128
export const FULL = 255

/**
 * @typedef {object} Kind of cells that the legend tells apart
 * @property {string} name also of the colour: --cell-NAME
 * @property {string} label
 * @property {string} title
 * @property {number[]} states
 */

/** @type {Kind[]} */
export const KINDS = [
  { name: 'full', label: 'full', title: 'Pools of which every block is taken', states: [FULL] },
  {
    name: 'used',
    label: 'partly used',
    title: 'Pools with free blocks: the paler, the fewer are taken',
    states: Array.from({ length: FULL - USED }, (_, i) => USED + i),
  },
  { name: 'large', label: 'large block', title: 'Blocks with memory of their own', states: [7] },
  {
    name: 'dirty',
    label: 'free, still in memory',
    title: 'Goes back to the system when the decay is over, unless it is used again before',
    states: [3, 4, 5],
  },
  {
    name: 'discarded',
    label: 'given back',
    title: 'Not in memory: given back to the system, or never used',
    states: [2, 6],
  },
  { name: 'ledger', label: 'books', title: 'The first cell of an arena stands for its books', states: [1] },
  { name: 'unseen', label: 'not seen', title: 'In an arena whose books the page cannot read', states: [8] },
]

/** @type {{ [state: number]: string }} */
const WORDS = {
  0: 'nothing of the heap: in front of a large block, or behind it',
  1: 'the books of the arena',
  2: 'free and given back: not in memory',
  3: 'free and still in memory, until the decay is over',
  4: 'empty, kept by its size class for a moment',
  5: 'of a freed large block, in memory until the decay is over',
  6: 'of a freed large block, given back',
  7: 'part of a large block',
  8: 'in an arena whose books the page cannot read',
  [FULL]: 'in use, every block taken',
}

/**
 * A state in words.
 * @param {number} state
 */
export function wordsOf(state) {
  return (
    WORDS[state] ?? `in use, ${Math.max(1, Math.round(((state - USED) / (FULL - USED)) * 100))} % of its blocks taken`
  )
}

/**
 * The colour of each state, as pixels of an ImageData, by the style of the page.
 * @param {CSSStyleDeclaration} style
 */
export function palette(style) {
  const colours = new Uint32Array(256)
  const colour = (/** @type {string} */ name) => channels(style.getPropertyValue(`--cell-${name}`))
  for (const { name, states } of KINDS) {
    for (const state of states) colours[state] = pixel(colour(name === 'used' ? 'full' : name))
  }
  const few = colour('few')
  const many = colour('many')
  for (let state = USED; state < FULL; state++) {
    const share = (state - USED) / (FULL - USED)
    colours[state] = pixel(few.map((from, i) => from + ((many[i] ?? from) - from) * share))
  }
  return colours
}

/** @param {string} text `#rrggbb` */
const channels = (text) => [1, 3, 5].map((at) => Number.parseInt(text.trim().slice(at, at + 2), 16))

/** @param {number[]} channels red, green, blue; an ImageData has them in this order, and machines of today the low byte first */
function pixel([red = 0, green = 0, blue = 0]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0
}
