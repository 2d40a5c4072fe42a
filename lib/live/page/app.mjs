// The page: takes frames in, and shows what is chosen of them.
import { Chart, History } from './chart.mjs'
import { Events, nameOf } from './events.mjs'
import { Classes, Legend, showTiles, sum, write } from './figures.mjs'
import { counted } from './format.mjs'
import { HeapMap } from './map.mjs'
import { CELLS, read } from './stream.mjs'

/** Milliseconds before a connection that was lost is tried again; twice as long each time. */
const RETRY_MS = 500
const RETRY_MAX_MS = 8000
/** Milliseconds after which it is told that the program does not turn its event loop. */
const BUSY_MS = 2000
/** Milliseconds over which frames are counted. */
const RATE_MS = 2000

/**
 * @template {HTMLElement} T
 * @param {string} id
 */
const get = (id) => /** @type {T} */ (document.getElementById(id))

/**
 * @typedef {object} Theme of theme.js
 * @property {() => 'auto' | 'light' | 'dark'} choice
 * @property {() => void} next
 * @property {(changed: () => void) => void} onSystem calls back when the system changes between light and dark
 */
const { theme } = /** @type {{ theme: Theme }} */ (/** @type {unknown} */ (globalThis))
const status = get('status')
const pause = get('pause')
const choice = /** @type {HTMLSelectElement} */ (get('heap'))
const words = /** @type {HTMLDialogElement} */ (get('words'))

const history = new History()
const map = new HeapMap(/** @type {HTMLCanvasElement} */ (get('map')), get('field'), get('inspector'))
const chart = new Chart(get('chart'), history, get('series'), get('windows'))
const events = new Events(get('events'), get('events-more'))
const legend = new Legend(get('legend'))
const classes = new Classes(get('classes'))

/** @type {import('./stream.mjs').View | undefined} */
let view
/** The heap that is shown; `all` of them. */
let chosen = 'all'
/** @type {number[]} when the last frames came */
let arrivals = []
/** @type {AbortController | undefined} */
let connection

/** @param {number} id */
const isChosen = (id) => chosen === 'all' || chosen === String(id)

/** @param {import('./stream.mjs').View} next */
function take(next) {
  view = next
  const marks = events.take(next, isChosen)
  offerHeaps(next.heaps)
  const heaps = next.heaps.filter(({ id }) => isChosen(id))
  const stats = sum(heaps)
  history.add([next.at / 1000, stats.residentBytes, stats.liveBytes, stats.mappedBytes, next.rss, marks])
  showTiles(stats, next.rss)
  classes.show(stats.classes)
  showMap(next)
  chart.draw()
  const now = performance.now()
  arrivals = [...arrivals.filter((at) => now - at < RATE_MS), now]
  const rate = arrivals.length < 2 ? 0 : ((arrivals.length - 1) * 1000) / (now - /** @type {number} */ (arrivals[0]))
  const words = rate === 0 ? 'live' : `live, ${Math.round(rate)} a second`
  say('live', next.busyMs < BUSY_MS ? words : `${words}; the program is busy for ${Math.round(next.busyMs / 1000)} s`)
}

/** @param {import('./stream.mjs').View} view */
function showMap({ slots, owners, states, heaps }) {
  const heap = heaps.find(({ id }) => String(id) === chosen)
  const shown =
    heap === undefined
      ? { slots, states }
      : pick(
          [...owners.keys()].filter((row) => owners[row] === heap.number),
          slots,
          states,
        )
  map.show(shown.slots, shown.states)
  legend.show(shown.states)
  write(get('scale'), `${counted(shown.slots.length, 'square')} of 256 KiB`)
  const empty = get('empty')
  empty.hidden = shown.slots.length > 0
  get('field').hidden = shown.slots.length === 0
  write(
    empty,
    heaps.length === 0
      ? 'There is no heap yet. It appears here as soon as the program makes one.'
      : 'Nothing is mapped. The first block that is allocated appears here.',
  )
}

/**
 * @param {number[]} rows
 * @param {Int32Array} slots
 * @param {Uint8Array} states
 */
function pick(rows, slots, states) {
  const picked = { slots: new Int32Array(rows.length), states: new Uint8Array(rows.length * CELLS) }
  rows.forEach((row, i) => {
    picked.slots[i] = /** @type {number} */ (slots[row])
    picked.states.set(states.subarray(row * CELLS, (row + 1) * CELLS), i * CELLS)
  })
  return picked
}

/** @param {import('./stream.mjs').Heap[]} heaps */
function offerHeaps(heaps) {
  const offered = ['all', ...heaps.map(({ id }) => String(id))]
  const labels = [`all ${counted(heaps.length, 'heap')}`, ...heaps.map(({ name }) => nameOf(name))]
  const known = [...choice.options].map(({ value, text }) => `${value} ${text}`)
  if (String(offered.map((value, i) => `${value} ${labels[i]}`)) !== String(known)) {
    choice.replaceChildren(...offered.map((value, i) => new Option(labels[i], value)))
    if (!offered.includes(chosen)) choose('all')
    choice.value = chosen
  }
  get('heap-choice').hidden = heaps.length < 2
}

/** @param {string} heap */
function choose(heap) {
  chosen = heap
  choice.value = heap
  history.clear()
  if (view !== undefined) {
    showMap(view)
    const stats = sum(view.heaps.filter(({ id }) => isChosen(id)))
    showTiles(stats, view.rss)
    classes.show(stats.classes)
  }
}

/**
 * @param {'connecting' | 'live' | 'paused' | 'lost'} state
 * @param {string} text
 */
function say(state, text) {
  status.dataset.state = state
  write(status.lastElementChild, text)
}

async function connect() {
  let wait = RETRY_MS
  connection = new AbortController()
  const { signal } = connection
  while (!signal.aborted) {
    let why = 'The program has ended, or has closed the page.'
    try {
      await read(signal, (next) => {
        wait = RETRY_MS
        take(next)
      })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Error && error.name === 'Error') why = error.message
    }
    events.forget()
    history.breakAt(Date.now() / 1000)
    say('lost', why)
    await new Promise((resolve) => setTimeout(resolve, wait))
    wait = Math.min(2 * wait, RETRY_MAX_MS)
  }
}

function togglePause() {
  const isPaused = connection?.signal.aborted === false
  pause.setAttribute('aria-pressed', String(isPaused))
  pause.textContent = isPaused ? 'Go on' : 'Pause'
  arrivals = []
  if (!isPaused) {
    void connect()
    return
  }
  connection?.abort()
  events.forget()
  history.breakAt(Date.now() / 1000)
  say('paused', 'paused')
}

const THEME_NAMES = { auto: 'Auto', light: 'Light', dark: 'Dark' }

function showTheme() {
  get('theme').textContent = THEME_NAMES[theme.choice()]
  map.recolour()
  chart.recolour()
}

function nextTheme() {
  theme.next()
  showTheme()
}

function nextHeap() {
  const values = [...choice.options].map(({ value }) => value)
  if (values.length > 2) choose(/** @type {string} */ (values[(values.indexOf(chosen) + 1) % values.length]))
}

/** @type {{ [key: string]: () => void }} */
const KEYS = {
  ' ': togglePause,
  m: () => get('map').focus(),
  h: nextHeap,
  t: nextTheme,
  '?': () => words.showModal(),
  1: () => chart.chooseAt(0),
  2: () => chart.chooseAt(1),
  3: () => chart.chooseAt(2),
}

/** A key belongs to what has the focus if that has a use for it. */
document.addEventListener('keydown', (event) => {
  const { target, key } = event
  if (event.ctrlKey || event.metaKey || event.altKey || words.open) return
  if (target instanceof HTMLSelectElement) return
  if (key === ' ' && target instanceof HTMLButtonElement) return
  const act = KEYS[key.toLowerCase()]
  if (act === undefined) return
  event.preventDefault()
  act()
})
pause.addEventListener('click', togglePause)
get('theme').addEventListener('click', nextTheme)
get('help').addEventListener('click', () => words.showModal())
choice.addEventListener('change', () => choose(choice.value))
theme.onSystem(showTheme)

/** What does not change. */
async function introduce() {
  const about = await (await fetch('about')).json()
  write(get('program'), `${about.title}, process ${about.pid}, ${about.runtime}`)
  document.title = `ebb live: ${about.title} (${about.pid})`
  const notice = get('notice')
  notice.hidden = about.notice === ''
  write(notice, about.notice)
}

// For tests, and for the curious in front of a console.
Object.assign(globalThis, { ebbLive: { map, history } })

showTheme()
introduce().catch(() => say('lost', 'The program has ended, or has closed the page.'))
void connect()
