// What has happened: read from the counts of the heaps, which only grow. A second of one heap is one line.
import { DISCARDS, MAPS, MOVES } from './chart.mjs'
import { bytes, count, counted, timeOfDay } from './format.mjs'

const LINES_MAX = 200
/** Milliseconds in which what happens to a heap is told in one line. */
const LINE_MS = 1000

/** @typedef {'maps' | 'unmaps' | 'discards' | 'discardedBytes' | 'moves'} Counter */
/** @typedef {{ [counter in Counter]: number }} Counts */

/** @type {Counter[]} */
const COUNTERS = ['maps', 'unmaps', 'discards', 'discardedBytes', 'moves']

/** @param {import('./stream.mjs').Stats} stats */
const countsOf = (stats) => /** @type {Counts} */ (Object.fromEntries(COUNTERS.map((name) => [name, stats[name]])))

/**
 * @param {Counts} now
 * @param {Counts} then
 */
const difference = (now, then) =>
  /** @type {Counts} */ (Object.fromEntries(COUNTERS.map((name) => [name, now[name] - then[name]])))

/** @param {Counts} counts */
const isNothing = (counts) => COUNTERS.every((name) => counts[name] === 0)

/**
 * What has happened, in words.
 * @param {Counts} counts
 */
export function tell({ maps, unmaps, discards, discardedBytes, moves }) {
  return [
    ...(maps > 0 ? [`mapped ${counted(maps, 'range')}`] : []),
    ...(discards > 0 ? [`gave back ${bytes(discardedBytes)} in ${counted(discards, 'discard')}`] : []),
    ...(unmaps > 0 ? [`unmapped ${counted(unmaps, 'range')}`] : []),
    ...(moves > 0 ? [`compaction moved ${counted(moves, 'block')}`] : []),
  ].join(', ')
}

/** @param {Counts} counts */
const marksOf = ({ maps, unmaps, discards, moves }) =>
  (maps > 0 ? MAPS : 0) | (discards + unmaps > 0 ? DISCARDS : 0) | (moves > 0 ? MOVES : 0)

/** @typedef {{ name: string, counts: Counts }} Known */
/** @typedef {{ at: number, counts: Counts, element: HTMLElement, words: HTMLElement }} Line */

export class Events {
  #list
  #more
  /** @type {Map<number, Known> | undefined} */
  #known
  /** @type {Map<number, Line>} */
  #open = new Map()
  #total = 0

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} more where it is told how many there were
   */
  constructor(list, more) {
    this.#list = list
    this.#more = more
  }

  /**
   * @param {import('./stream.mjs').View} view
   * @param {(id: number) => boolean} isChosen
   * @returns {number} marks for the chart, of the heaps that are chosen
   */
  take({ at, heaps }, isChosen) {
    const before = this.#known
    this.#known = new Map(heaps.map(({ id, name, stats }) => [id, { name, counts: countsOf(stats) }]))
    if (before === undefined) return 0
    let marks = 0
    for (const [id, { name, counts }] of this.#known) {
      const then = before.get(id)
      if (then === undefined) this.#say(at, name, 'opened', '')
      const news = then === undefined ? counts : difference(counts, then.counts)
      if (isNothing(news)) continue
      this.#count(at, id, name, news)
      if (isChosen(id)) marks |= marksOf(news)
    }
    for (const [id, { name }] of before) {
      if (this.#known.has(id)) continue
      this.#open.delete(id)
      this.#say(at, name, 'closed', '')
      if (isChosen(id)) marks |= DISCARDS
    }
    return marks
  }

  /** What has happened meanwhile is not known. */
  forget() {
    this.#known = undefined
    this.#open.clear()
  }

  /**
   * @param {number} at
   * @param {number} id
   * @param {string} name
   * @param {Counts} news
   */
  #count(at, id, name, news) {
    const open = this.#open.get(id)
    if (open !== undefined && at - open.at < LINE_MS && open.element.isConnected) {
      for (const counter of COUNTERS) open.counts[counter] += news[counter]
      open.words.textContent = tell(open.counts)
      open.element.dataset.kind = kindOf(open.counts)
      return
    }
    const line = this.#say(at, name, tell(news), kindOf(news))
    this.#open.set(id, { at, counts: { ...news }, ...line })
  }

  /**
   * @param {number} at
   * @param {string} name
   * @param {string} what
   * @param {string} kind
   */
  #say(at, name, what, kind) {
    const element = document.createElement('li')
    element.dataset.kind = kind
    const time = document.createElement('time')
    time.textContent = timeOfDay(at)
    const heap = document.createElement('b')
    heap.textContent = nameOf(name)
    const words = document.createElement('span')
    words.textContent = what
    element.append(time, heap, words)
    this.#list.prepend(element)
    while (this.#list.childElementCount > LINES_MAX) this.#list.lastElementChild?.remove()
    this.#more.textContent = `${count(++this.#total)} so far`
    return { element, words }
  }
}

/** @param {Counts} counts */
const kindOf = ({ moves, discards, unmaps }) => (moves > 0 ? 'moves' : discards + unmaps > 0 ? 'discards' : 'maps')

/** @param {string} name */
export const nameOf = (name) => (name === '' ? '(unnamed)' : name)
