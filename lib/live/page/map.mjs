// The map: squares of 8 x 8 cells, one for each 256 KiB, row after row. Only what can be seen is drawn.
import { palette, wordsOf } from './states.mjs'
import { CELLS } from './stream.mjs'

const SIDE = 8
/** Pixels of the style: a cell is at most so large, and the map at most so high before it scrolls. */
const CELL_MAX = 13
const HEIGHT_MAX = 680
/** Share of the window that the map may take. */
const WINDOW_SHARE = 0.75

/**
 * @typedef {object} Layout in pixels of the screen
 * @property {number} cell
 * @property {number} line between two cells
 * @property {number} gap between two squares
 * @property {number} perRow squares in a row
 * @property {number} height of all of it
 */

/**
 * The largest cells with which everything fits. Where even the smallest do not, it is higher than `height`, and scrolls.
 * @param {number} squares
 * @param {number} width
 * @param {number} height
 * @param {number} largest
 * @returns {Layout}
 */
export function layOut(squares, width, height, largest) {
  for (let cell = largest; ; cell--) {
    const line = cell >= 5 ? 1 : 0
    const gap = Math.max(cell > 1 ? 2 : 1, Math.round(cell * 0.7))
    const pitch = SIDE * cell + gap
    const perRow = Math.max(1, Math.floor((width + gap) / pitch))
    const all = Math.max(1, Math.ceil(squares / perRow)) * pitch - gap
    if (cell === 1 || (all <= height && SIDE * cell <= width)) return { cell, line, gap, perRow, height: all }
  }
}

export class HeapMap {
  #canvas
  #field
  #inspector
  #context
  /** @type {{ slots: Int32Array, states: Uint8Array }} */
  #rows = { slots: new Int32Array(0), states: new Uint8Array(0) }
  /** @type {Layout} */
  layout = { cell: 1, line: 0, gap: 1, perRow: 1, height: 1 }
  #colours = new Uint32Array(256)
  /** The cell that is pointed at; -1: none. */
  #cursor = -1
  #scale = 1
  #isDue = false
  /** How many times it was drawn. */
  drawn = 0

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} field what the canvas scrolls in
   * @param {HTMLElement} inspector where the cell that is pointed at is told
   */
  constructor(canvas, field, inspector) {
    this.#canvas = canvas
    this.#field = field
    this.#inspector = inspector
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: true }))
    new ResizeObserver(() => this.#draw()).observe(field)
    field.addEventListener('scroll', () => this.#draw())
    canvas.addEventListener('pointermove', (event) => this.#point(this.#cellAt(event)))
    canvas.addEventListener('pointerleave', () => this.#point(-1))
    canvas.addEventListener('keydown', (event) => this.#key(event))
    this.recolour()
  }

  /**
   * @param {Int32Array} slots of the rows
   * @param {Uint8Array} states
   */
  show(slots, states) {
    this.#rows = { slots, states }
    if (this.#cursor >= states.length) this.#point(-1)
    this.#draw()
    this.#tell()
  }

  /** The colours of the page are others. */
  recolour() {
    this.#colours = palette(getComputedStyle(document.documentElement))
    this.#draw()
  }

  /** Draws before the next picture of the screen, however often it is asked to. */
  #draw() {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#paint()
    })
  }

  #paint() {
    const scale = window.devicePixelRatio || 1
    const width = Math.floor(this.#field.clientWidth * scale)
    if (width < SIDE) return
    const bound = Math.floor(Math.max(220, Math.min(HEIGHT_MAX, window.innerHeight * WINDOW_SHARE)) * scale)
    const squares = this.#rows.slots.length
    const layout = layOut(squares, width, bound, Math.round(CELL_MAX * scale))
    const height = Math.max(1, Math.min(layout.height, bound))
    const canvas = this.#canvas
    if (canvas.width !== width || canvas.height !== height || this.#scale !== scale) {
      canvas.width = width
      canvas.height = height
      canvas.style.width = `${width / scale}px`
      canvas.style.height = `${height / scale}px`
    }
    // The canvas stays where it is, and what scrolls is an empty margin below it.
    const rest = `${(layout.height - height) / scale}px`
    if (canvas.style.marginBottom !== rest) canvas.style.marginBottom = rest
    this.#field.style.maxHeight = `${height / scale}px`
    this.#scale = scale
    this.layout = layout
    const top = Math.round(this.#field.scrollTop * scale)
    const image = this.#context.createImageData(width, height)
    this.#fill(new Uint32Array(image.data.buffer), width, height, top)
    this.#context.putImageData(image, 0, 0)
    this.#frame(top)
    this.drawn++
  }

  /**
   * @param {Uint32Array} pixels
   * @param {number} width
   * @param {number} height
   * @param {number} top
   */
  #fill(pixels, width, height, top) {
    const { slots, states } = this.#rows
    const { cell, line, gap, perRow } = this.layout
    const colours = this.#colours
    const pitch = SIDE * cell + gap
    const side = cell - line
    const first = Math.floor(top / pitch) * perRow
    const end = Math.min(slots.length, Math.ceil((top + height) / pitch) * perRow)
    for (let square = first; square < end; square++) {
      const left = (square % perRow) * pitch
      const above = Math.floor(square / perRow) * pitch - top
      for (let pool = 0; pool < CELLS; pool++) {
        const colour = /** @type {number} */ (colours[/** @type {number} */ (states[square * CELLS + pool])])
        if (colour === 0) continue
        const x = left + (pool % SIDE) * cell
        const y = above + Math.floor(pool / SIDE) * cell
        for (let line = Math.max(0, y); line < Math.min(height, y + side); line++) {
          const start = line * width + x
          pixels.fill(colour, start, start + side)
        }
      }
    }
  }

  /**
   * A frame round the cell that is pointed at.
   * @param {number} top
   */
  #frame(top) {
    if (this.#cursor < 0) return
    const { x, y } = this.placeOf(this.#cursor)
    const { cell, line } = this.layout
    const style = getComputedStyle(document.documentElement)
    const context = this.#context
    context.strokeStyle = style.getPropertyValue('--ink')
    context.lineWidth = Math.max(1, Math.round(this.#scale * 1.5))
    context.strokeRect(x - 1.5, y - top - 1.5, cell - line + 3, cell - line + 3)
  }

  /**
   * Where a cell begins, in pixels of the screen from the corner of the map.
   * @param {number} index of the cell
   */
  placeOf(index) {
    const { cell, gap, perRow } = this.layout
    const pitch = SIDE * cell + gap
    const square = Math.floor(index / CELLS)
    const pool = index % CELLS
    return {
      x: (square % perRow) * pitch + (pool % SIDE) * cell,
      y: Math.floor(square / perRow) * pitch + Math.floor(pool / SIDE) * cell,
    }
  }

  /** @param {PointerEvent} event */
  #cellAt(event) {
    const { cell, gap, perRow } = this.layout
    const pitch = SIDE * cell + gap
    const x = event.offsetX * this.#scale
    const y = event.offsetY * this.#scale + Math.round(this.#field.scrollTop * this.#scale)
    const column = Math.floor(x / pitch)
    const [inX, inY] = [Math.floor((x % pitch) / cell), Math.floor((y % pitch) / cell)]
    if (column >= perRow || inX >= SIDE || inY >= SIDE) return -1
    const index = (Math.floor(y / pitch) * perRow + column) * CELLS + inY * SIDE + inX
    return index < this.#rows.states.length ? index : -1
  }

  /** @param {number} index */
  #point(index) {
    if (index === this.#cursor) return
    this.#cursor = index
    this.#tell()
    this.#draw()
  }

  #tell() {
    const { slots, states } = this.#rows
    const at = this.#cursor
    const words =
      at < 0
        ? 'Point at a cell, or press M and use the arrow keys.'
        : `Slot ${slots[Math.floor(at / CELLS)]}, pool ${at % CELLS}: ${wordsOf(/** @type {number} */ (states[at]))}`
    if (this.#inspector.textContent !== words) this.#inspector.textContent = words
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const to = this.#step(event.key)
    if (to === undefined) return
    event.preventDefault()
    const cells = this.#rows.states.length
    if (cells === 0) return
    this.#point(this.#cursor < 0 ? 0 : Math.min(cells - 1, Math.max(0, to)))
    const y = this.placeOf(this.#cursor).y / this.#scale
    const { scrollTop, clientHeight } = this.#field
    if (y < scrollTop || y > scrollTop + clientHeight - CELL_MAX) this.#field.scrollTop = y - clientHeight / 2
  }

  /** @param {string} key */
  #step(key) {
    const at = Math.max(0, this.#cursor)
    const pool = at % CELLS
    const row = this.layout.perRow * CELLS
    switch (key) {
      case 'ArrowRight':
        return pool % SIDE < SIDE - 1 ? at + 1 : at + 1 - SIDE + CELLS
      case 'ArrowLeft':
        return pool % SIDE > 0 ? at - 1 : at - 1 + SIDE - CELLS
      case 'ArrowDown':
        return pool + SIDE < CELLS ? at + SIDE : at + SIDE - CELLS + row
      case 'ArrowUp':
        return pool >= SIDE ? at - SIDE : at - SIDE + CELLS - row
      case 'PageDown':
        return at + row
      case 'PageUp':
        return at - row
      case 'Home':
        return 0
      case 'End':
        return this.#rows.states.length - 1
      default:
        return undefined
    }
  }
}
