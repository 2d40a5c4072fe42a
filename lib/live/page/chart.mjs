// Bytes over time. Memory of the page is bounded: where there are too many samples, every second of the older half goes.
import { bytes } from './format.mjs'

const SAMPLES_MAX = 6000

/** Columns of a history: seconds, four of bytes, and what happened until then. */
export const TIME = 0
export const RESIDENT = 1
export const LIVE = 2
export const MAPPED = 3
export const RSS = 4
const MARKS = 5

/** Bits of a sample's marks. */
export const MAPS = 1
export const DISCARDS = 2
export const MOVES = 4

/** What was seen, oldest first. */
export class History {
  /** @type {(number | null)[][]} */
  columns = [[], [], [], [], [], []]

  /** @param {(number | null)[]} sample one value for each column */
  add(sample) {
    this.columns.forEach((column, i) => {
      column.push(/** @type {number | null} */ (sample[i]))
    })
    if (this.#length > SAMPLES_MAX) this.#thin()
  }

  /**
   * The lines are not joined over a time in which nothing was seen.
   * @param {number} seconds
   */
  breakAt(seconds) {
    if (this.#length > 0) this.add([seconds, null, null, null, null, 0])
  }

  clear() {
    for (const column of this.columns) column.length = 0
  }

  /**
   * The samples of the last seconds.
   * @param {number} seconds
   */
  last(seconds) {
    const times = /** @type {number[]} */ (this.columns[TIME])
    const from = /** @type {number} */ (times.at(-1)) - seconds
    let first = times.length - 1
    while (first > 0 && /** @type {number} */ (times[first]) >= from) first--
    return this.columns.map((column) => (first <= 0 ? column : column.slice(first)))
  }

  get #length() {
    return /** @type {number[]} */ (this.columns[TIME]).length
  }

  /** A sample that goes leaves its marks to the next. */
  #thin() {
    const half = this.#length >> 1
    const marks = /** @type {number[]} */ (this.columns[MARKS])
    for (let i = 0; i < half; i += 2)
      marks[i + 1] = /** @type {number} */ (marks[i + 1]) | /** @type {number} */ (marks[i])
    this.columns = this.columns.map((column) => column.filter((_, i) => i >= half || i % 2 === 1))
  }
}

/** @type {{ name: string, label: string, title: string, isShown: boolean }[]} */
const LINES = [
  { name: 'resident', label: 'in memory', title: "Bytes in memory by the heap's books", isShown: true },
  { name: 'live', label: 'live', title: 'Bytes of live blocks', isShown: true },
  { name: 'mapped', label: 'mapped', title: 'Address space', isShown: false },
  { name: 'rss', label: 'process', title: 'Resident set of the process', isShown: false },
]

const WINDOWS = [
  { label: '1 min', seconds: 60 },
  { label: '10 min', seconds: 600 },
  { label: 'all', seconds: Infinity },
]

const HEIGHT = 190
/** Seconds that the chart shows at least. */
const SPAN_MIN = 10
const MARK_BITS = [MAPS, DISCARDS, MOVES]
const MARK_NAMES = ['maps', 'discards', 'moves']

export class Chart {
  #element
  #history
  /** @type {import('uplot') | undefined} */
  #plot
  #seconds = 60
  /** @type {(number | null)[]} */
  #marks = []
  #isDue = false
  /** @type {HTMLButtonElement[]} */
  #windows

  /**
   * @param {HTMLElement} element
   * @param {History} history
   * @param {HTMLElement} series where the switches of the lines go
   * @param {HTMLElement} windows where the choice of times goes
   */
  constructor(element, history, series, windows) {
    this.#element = element
    this.#history = history
    for (const line of LINES) {
      const chip = button(line.label, () => {
        line.isShown = !line.isShown
        chip.setAttribute('aria-pressed', String(line.isShown))
        this.#plot?.setSeries(LINES.indexOf(line) + 1, { show: line.isShown })
      })
      chip.title = line.title
      chip.dataset.line = line.name
      chip.prepend(Object.assign(document.createElement('i'), { className: `dot ${line.name}` }))
      chip.setAttribute('aria-pressed', String(line.isShown))
      series.append(chip)
    }
    this.#windows = WINDOWS.map(({ label, seconds }) => {
      const chip = button(label, () => this.choose(seconds))
      windows.append(chip)
      return chip
    })
    this.choose(this.#seconds)
    new ResizeObserver(() => this.#plot?.setSize({ width: element.clientWidth, height: HEIGHT })).observe(element)
    this.recolour()
  }

  /** @param {number} seconds */
  choose(seconds) {
    this.#seconds = seconds
    this.#windows.forEach((chip, i) => {
      chip.setAttribute('aria-pressed', String(/** @type {{ seconds: number }} */ (WINDOWS[i]).seconds === seconds))
    })
    this.draw()
  }

  /** @param {number} index */
  chooseAt(index) {
    const window = WINDOWS[index]
    if (window !== undefined) this.choose(window.seconds)
  }

  draw() {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      if (/** @type {number[]} */ (this.#history.columns[TIME]).length === 0) return
      const columns = this.#history.last(this.#seconds)
      this.#marks = columns[MARKS] ?? []
      this.#plot?.setData(/** @type {import('uplot').AlignedData} */ (columns.slice(0, MARKS)))
    })
  }

  /** Makes the plot anew with the colours of the page. */
  recolour() {
    this.#plot?.destroy()
    const style = getComputedStyle(document.documentElement)
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim()
    const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false } }
    const font = `11px ${style.getPropertyValue('--font').trim()}`
    /** @type {import('uplot').Options} */
    const options = {
      width: Math.max(50, this.#element.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      padding: [10, 26, 0, 0],
      scales: {
        x: { time: true, range: (_, low, high) => this.#span(low, high) },
        y: { range: (_, __, high) => [0, Math.max(high, 1024) * 1.08] },
      },
      axes: [
        {
          ...axis,
          font,
          size: 26,
          space: 70,
          values: (_, splits, __, ___, step) => splits.map((at) => clock(at, step)),
        },
        {
          ...axis,
          font,
          size: 66,
          values: (_, splits) => splits.map((value) => bytes(value)),
          splits: (_, __, ___, high) => binarySplits(high),
        },
      ],
      series: [
        {},
        ...LINES.map(({ name, isShown }) => ({
          show: isShown,
          stroke: colour(name),
          width: name === 'live' || name === 'resident' ? 2 : 1.25,
          points: { show: false },
          ...(name === 'live' || name === 'resident' ? { fill: colour(`${name}-fill`) } : {}),
          ...(name === 'mapped' ? { dash: [5, 4] } : {}),
        })),
      ],
      hooks: {
        draw: [
          (plot) =>
            this.#drawMarks(
              plot,
              MARK_NAMES.map((name) => colour(`mark-${name}`)),
            ),
        ],
        setCursor: [(plot) => this.#tell(plot)],
      },
    }
    const { uPlot } = /** @type {{ uPlot: typeof import('uplot') }} */ (/** @type {unknown} */ (globalThis))
    this.#plot = new uPlot(options, [[], [], [], [], []], this.#element)
    this.draw()
  }

  /**
   * The time shown. A young page shows what it has.
   * @param {number} low
   * @param {number} high
   * @returns {[number, number]}
   */
  #span(low, high) {
    const end = high ?? Date.now() / 1000
    const all = Math.max(end - (low ?? end), SPAN_MIN)
    return [end - Math.min(all, this.#seconds), end]
  }

  /**
   * @param {import('uplot')} plot
   * @param {string[]} colours
   */
  #drawMarks(plot, colours) {
    const times = /** @type {number[]} */ (plot.data[0])
    const { ctx, bbox } = plot
    const size = Math.max(2, Math.round(bbox.height / 60))
    for (let i = 0; i < times.length; i++) {
      const marks = this.#marks[i] ?? 0
      if (marks === 0) continue
      const x = Math.round(plot.valToPos(/** @type {number} */ (times[i]), 'x', true))
      if (x < bbox.left) continue
      MARK_BITS.forEach((bit, row) => {
        if ((marks & bit) === 0) return
        ctx.fillStyle = /** @type {string} */ (colours[row])
        ctx.fillRect(x - size / 2, bbox.top + bbox.height - (row + 1) * (size + 1), size, size)
      })
    }
  }

  /** @param {import('uplot')} plot */
  #tell(plot) {
    const at = plot.cursor.idx
    const values = at == null ? [] : plot.data.map((column) => column[at])
    this.#element.title =
      values[LIVE] == null
        ? ''
        : `${clock(/** @type {number} */ (values[TIME]), 1)}\n${LINES.map(({ label }, i) => `${label} ${bytes(values[i + 1] ?? 0)}`).join('\n')}`
  }
}

/**
 * @param {string} label
 * @param {() => void} press
 */
function button(label, press) {
  const made = document.createElement('button')
  made.type = 'button'
  made.append(label)
  made.addEventListener('click', press)
  return made
}

/**
 * @param {number} seconds since the epoch
 * @param {number} step seconds from one mark of the axis to the next
 */
function clock(seconds, step) {
  const date = new Date(seconds * 1000)
  const parts = [date.getHours(), date.getMinutes(), ...(step < 60 ? [date.getSeconds()] : [])]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

/**
 * Marks of the axis at powers of two and their multiples, four to eight of them.
 * @param {number} high
 */
function binarySplits(high) {
  let step = 2 ** Math.floor(Math.log2(high / 4))
  if (high / step > 6) step *= 2
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step)
}
