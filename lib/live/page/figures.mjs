// The figures of the page: tiles, the legend with its counts, size classes.
import { bytes, count, counted, percent } from './format.mjs'
import { KINDS } from './states.mjs'

/** @typedef {import('./stream.mjs').Stats} Stats */

const POOL_BYTES = 4096

/** @type {(keyof Stats)[]} what adds up over the heaps */
const SUMS = [
  ...[
    'arenas',
    'blocks',
    'liveBytes',
    'freeBlockBytes',
    'freePools',
    'dirtyPools',
    'slackBytes',
    'largeBlocks',
    'largeBytes',
  ],
  ...['keptBytes', 'mappedBytes', 'residentBytes', 'maps', 'unmaps', 'discards', 'discardedBytes', 'moves'],
].map((name) => /** @type {keyof Stats} */ (name))

/**
 * The figures of several heaps together.
 * @param {import('./stream.mjs').Heap[]} heaps
 * @returns {Stats}
 */
export function sum(heaps) {
  /** @type {Map<number, Stats['classes'][number]>} */
  const classes = new Map()
  const total = /** @type {Stats} */ (/** @type {unknown} */ (Object.fromEntries(SUMS.map((name) => [name, 0]))))
  for (const { stats } of heaps) {
    for (const name of SUMS) /** @type {any} */ (total)[name] += stats[name]
    for (const { sizeClass, blockBytes, pools, blocks, freeBlocks } of stats.classes) {
      const known = classes.get(sizeClass) ?? { sizeClass, blockBytes, pools: 0, blocks: 0, freeBlocks: 0 }
      known.pools += pools
      known.blocks += blocks
      known.freeBlocks += freeBlocks
      classes.set(sizeClass, known)
    }
  }
  total.classes = [...classes.values()].sort((a, b) => a.sizeClass - b.sizeClass)
  return total
}

/**
 * Writes a text where it is another.
 * @param {Element | null} element
 * @param {string} words
 */
export function write(element, words) {
  if (element !== null && element.textContent !== words) element.textContent = words
}

const byId = (/** @type {string} */ id) => document.getElementById(id)

/**
 * @param {Stats} stats
 * @param {number} rss bytes
 */
export function showTiles(stats, rss) {
  write(byId('live'), bytes(stats.liveBytes))
  write(byId('live-more'), counted(stats.blocks, 'block'))
  write(byId('resident'), bytes(stats.residentBytes))
  const share = stats.residentBytes === 0 ? 0 : stats.liveBytes / stats.residentBytes
  write(byId('resident-more'), `${percent(share)} of it live`)
  write(byId('mapped'), bytes(stats.mappedBytes))
  write(byId('mapped-more'), `${counted(stats.arenas, 'arena')}, ${counted(stats.largeBlocks, 'large block')}`)
  write(byId('rss'), bytes(rss))
  // For those who want every digit, and for the tests.
  for (const [id, value] of Object.entries({
    live: stats.liveBytes,
    resident: stats.residentBytes,
    mapped: stats.mappedBytes,
    rss,
  })) {
    const tile = byId(id)
    if (tile !== null) tile.title = `${count(value)} bytes`
  }
}

/** The legend is also the count of cells. */
export class Legend {
  /** @type {{ states: number[], item: HTMLElement, number: HTMLElement, isOptional: boolean }[]} */
  #items

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#items = KINDS.map(({ name, label, title, states }) => {
      const item = document.createElement('li')
      item.title = title
      const swatch = document.createElement('i')
      swatch.className = `swatch ${name}`
      const number = document.createElement('b')
      item.append(swatch, label, number)
      list.append(item)
      return { states, item, number, isOptional: name === 'unseen' }
    })
  }

  /** @param {Uint8Array} cells */
  show(cells) {
    const counts = new Uint32Array(256)
    for (const state of cells) counts[state] = /** @type {number} */ (counts[state]) + 1
    for (const { states, item, number, isOptional } of this.#items) {
      let sum = 0
      for (const state of states) sum += /** @type {number} */ (counts[state])
      write(number, bytes(sum * POOL_BYTES))
      number.title = counted(sum, 'cell')
      item.hidden = isOptional && sum === 0
    }
  }
}

/** Rows of the table are kept for as long as their class has pools. */
export class Classes {
  #body
  /** @type {Map<number, ClassRow>} */
  #rows = new Map()

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#body = body
  }

  /** @param {Stats['classes']} classes in their order */
  show(classes) {
    const present = new Set(classes.map(({ sizeClass }) => sizeClass))
    for (const [sizeClass, row] of this.#rows) {
      if (present.has(sizeClass)) continue
      row.element.remove()
      this.#rows.delete(sizeClass)
    }
    const most = Math.max(1, ...classes.map(({ pools }) => pools))
    classes.forEach((of, place) => {
      let row = this.#rows.get(of.sizeClass)
      if (row === undefined) {
        row = new ClassRow(of.blockBytes)
        this.#rows.set(of.sizeClass, row)
        this.#body.insertBefore(row.element, this.#body.children[place] ?? null)
      }
      row.show(of, most)
    })
  }
}

class ClassRow {
  element = document.createElement('tr')
  #bar = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  #all = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  #live = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  #cells = Array.from({ length: 3 }, () => document.createElement('td'))

  /** @param {number} blockBytes 0: whole runs, which have no common size */
  constructor(blockBytes) {
    const head = document.createElement('th')
    head.scope = 'row'
    head.textContent = blockBytes === 0 ? 'runs' : blockBytes < 4096 ? String(blockBytes) : bytes(blockBytes)
    this.#bar.setAttribute('class', 'bar')
    this.#bar.setAttribute('aria-hidden', 'true')
    for (const [rect, name] of /** @type {const} */ ([
      [this.#all, 'all'],
      [this.#live, 'live'],
    ])) {
      rect.setAttribute('class', name)
      rect.setAttribute('height', '100%')
      this.#bar.append(rect)
    }
    const bar = document.createElement('td')
    bar.className = 'bar-cell'
    bar.append(this.#bar)
    this.element.append(head, bar, ...this.#cells)
  }

  /**
   * @param {Stats['classes'][number]} of
   * @param {number} most pools of the class that has most of them
   */
  show({ pools, blocks, freeBlocks }, most) {
    const width = (100 * pools) / most
    this.#all.setAttribute('width', `${Math.max(0.5, width).toFixed(1)}%`)
    this.#live.setAttribute('width', `${((width * blocks) / Math.max(1, blocks + freeBlocks)).toFixed(1)}%`)
    const [live, free, memory] = this.#cells
    write(live ?? null, count(blocks))
    write(free ?? null, count(freeBlocks))
    write(memory ?? null, bytes(pools * POOL_BYTES))
    this.element.title = `${counted(pools, 'pool')}, ${percent(blocks / Math.max(1, blocks + freeBlocks))} of the blocks live`
  }
}
