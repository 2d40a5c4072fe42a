/** The page in a real Chromium: its picture and its numbers, against the heap of a process that it shows. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fullness, type HeapStats, PoolState } from '../../lib'
import { Browser, chromium, needsChromium, type Page } from '../support/chromium'

/** A process with a heap, which does what it is told and answers in a line of JSON. */
class Program {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor() {
    const built = (name: string) => JSON.stringify(require.resolve(`../../dist/${name}`))
    const script = `
      const { Heap } = require(${built('index.js')})
      const { serve } = require(${built('live/index.js')})
      let page, heap, other, pointers = []
      require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
        const answer = await eval('(async () => {' + JSON.parse(line) + '})()')
        process.stdout.write(JSON.stringify(answer ?? null) + '\\n')
      })`
    this.#process = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]()
  }

  async run<T>(code: string): Promise<T> {
    this.#process.stdin!.write(`${JSON.stringify(code)}\n`)
    return JSON.parse((await this.#lines.next()).value)
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || !this.#process.kill()) return
    await once(this.#process, 'close')
  }
}

/** The colours that the page shows in a picture of the map, each [red, green, blue], at the middle of the given cells. */
const COLOURS_AT = (cells: readonly number[]) => `(() => {
  const canvas = document.getElementById('map')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const { map } = globalThis.ebbLive
  return ${JSON.stringify(cells)}.map((cell) => {
    const { x, y } = map.placeOf(cell)
    const middle = Math.floor((map.layout.cell - map.layout.line) / 2)
    const at = 4 * ((y + middle) * canvas.width + x + middle)
    return [...data.slice(at, at + 3)]
  })
})()`

const rgb = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
const VARIABLE = (name: string) =>
  `getComputedStyle(document.documentElement).getPropertyValue('--cell-${name}').trim()`
const TILES = `Object.fromEntries(['live', 'resident', 'mapped'].map((id) =>
  [id, Number(document.getElementById(id).title.replace(/\\D/g, ''))]))`

describe.skipIf(chromium === undefined)(`the page in Chromium${needsChromium}`, () => {
  let browser: Browser
  let program: Program
  let page: Page
  beforeAll(() => {
    browser = new Browser()
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    expect(page.complaints).toEqual([])
    await page.close()
    await program.end()
  })

  /** Starts a program and opens its page. */
  async function show(code: string, screen = { width: 1200, height: 900 }): Promise<void> {
    program = new Program()
    const url = await program.run<string>(`${code}; page = await serve({ interval: 20 }); return page.url`)
    page = await browser.open(url, screen)
    await page.until(`document.getElementById('status')?.dataset.state === 'live'`)
  }

  /** The colours of states, as the style says. */
  async function palette(): Promise<(state: number) => number[]> {
    const names = ['full', 'few', 'many', 'large', 'dirty', 'discarded', 'ledger'] as const
    const colours = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, rgb(await page.evaluate<string>(VARIABLE(name)))] as const)),
    ) as Record<(typeof names)[number], number[]>
    return (state) => {
      if (state === PoolState.full) return colours.full
      if (state >= PoolState.used)
        return colours.few.map((from, i) => Math.round(from + (colours.many[i]! - from) * fullness(state)))
      const { ledger, discarded, keptDiscarded, large } = PoolState
      if (state === ledger) return colours.ledger
      if (state === discarded || state === keptDiscarded) return colours.discarded
      return state === large ? colours.large : colours.dirty
    }
  }

  it('draws each cell in the colour of its state, and shows the figures of stats()', async () => {
    await show(`
      heap = new Heap({ name: 'shown', decay: Infinity })
      pointers = [...heap.allocMany(200, new Int32Array(4000))]
      for (let i = 0; i < 4000; i++) if (i < 1500 ? i % 3 : i % 40) heap.free(pointers[i])
      heap.alloc(700000); heap.free(heap.alloc(400000)); heap.alloc(30000)`)
    const { states, ...stats } = await program.run<HeapStats & { states: number[] }>(
      `const stats = heap.stats(); return { ...stats, states: [...heap.map().states] }`,
    )
    await page.until(`document.getElementById('live').title === '${stats.liveBytes.toLocaleString('en-US')} bytes'`)
    expect(await page.evaluate(TILES)).toEqual({
      live: stats.liveBytes,
      resident: stats.residentBytes,
      mapped: stats.mappedBytes,
    })
    const drawn = await page.evaluate<number>('ebbLive.map.drawn')
    await page.until(`ebbLive.map.drawn > ${drawn + 1}`)
    // Every cell that is one: the picture has nothing where there is nothing of the heap.
    const cells = [...states.keys()].filter((cell) => states[cell] !== PoolState.unused)
    const colourOf = await palette()
    expect(await page.evaluate(COLOURS_AT(cells))).toEqual(cells.map((cell) => colourOf(states[cell]!)))
    expect(new Set(states).size).toBeGreaterThan(8)
    const rows = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('#classes tr')].map((row) => [...row.children].map((cell) => cell.textContent))`,
    )
    expect(rows.map(([, , live, free]) => [live, free])).toEqual(
      stats.classes.map(({ blocks, freeBlocks }) => [blocks, freeBlocks].map((count) => count.toLocaleString('en-US'))),
    )
  })

  it('follows: a heap that grows, is purged, is closed, and one that is made later', async () => {
    await show('')
    await page.until(`document.body.innerText.includes('There is no heap yet')`)
    await program.run(
      `heap = new Heap({ name: 'later' }); pointers = [...heap.allocMany(512, new Int32Array(10000))]; return 0`,
    )
    await page.until(`document.getElementById('live').textContent === '4.88 MiB'`)
    const before = await program.run<number>(`heap.freeMany(pointers); heap.purge(); return heap.stats().mappedBytes`)
    expect(before).toBe(0)
    await page.until(`document.getElementById('live').textContent === '0 B'`)
    await page.until(`document.body.innerText.includes('Nothing is mapped')`)
    await page.until(`document.getElementById('events').innerText.includes('unmapped 20 ranges')`)
    await program.run('heap.close(); return 0')
    await page.until(`document.getElementById('events').innerText.includes('closed')`)
  })

  it('shows names as text, whatever they are, and one heap of several', async () => {
    const name = `<img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>`
    await show(`heap = new Heap({ name: ${JSON.stringify(name)} }); heap.alloc(1000)
      other = new Heap({ name: 'b' }); other.alloc(5000); other.alloc(900000)`)
    await page.until(`document.getElementById('heap').options.length === 3`)
    expect(await page.evaluate(`[...document.getElementById('heap').options].map(({ text }) => text)`)).toEqual([
      'all 2 heaps',
      name,
      'b',
    ])
    expect(await page.evaluate('document.images.length + document.scripts.length')).toBe(1 + 3)
    const squares = `document.getElementById('scale').textContent`
    await page.until(`${squares} === '6 squares of 256 KiB'`)
    await page.press('h')
    await page.until(`${squares} === '1 square of 256 KiB'`)
    await page.press('h')
    await page.until(`${squares} === '5 squares of 256 KiB'`)
    expect(await page.evaluate('document.title')).not.toContain('owned')
  })

  it('is worked by keys: pause, colours, the map, the words', async () => {
    await show(`heap = new Heap(); heap.allocMany(512, new Int32Array(20))`)
    const state = `document.getElementById('status').dataset.state`
    await page.press(' ')
    await page.until(`${state} === 'paused'`)
    const live = await page.evaluate(`document.getElementById('live').title`)
    await program.run('heap.alloc(100000); return 0')
    await page.press('m')
    await page.press('ArrowRight')
    await page.press('ArrowRight')
    await page.until(`/pool 1: in use, every block taken/.test(document.getElementById('inspector').textContent)`)
    await page.press('ArrowDown')
    await page.until(`/pool 9: free and given back/.test(document.getElementById('inspector').textContent)`)
    await page.press('t')
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('light')
    await page.press('t')
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    const colourOf = await palette()
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    expect(await page.evaluate(COLOURS_AT([0, 1]))).toEqual([PoolState.ledger, PoolState.full].map(colourOf))
    await page.press('?')
    expect(await page.evaluate(`document.getElementById('words').open`)).toBe(true)
    await page.press('Escape')
    expect(await page.evaluate(`document.getElementById('live').title`)).toBe(live)
    await page.press(' ')
    await page.until(`${state} === 'live' && document.getElementById('live').title !== ${JSON.stringify(live)}`)
  })

  it('needs no more room than 360 pixels', async () => {
    await show(
      `heap = new Heap({ name: 'a name that is rather long for a narrow page' }); other = new Heap()
      for (let i = 0; i < 60000; i++) heap.alloc(i % 3000); other.alloc(5000000)`,
      { width: 360, height: 740 },
    )
    await page.until(`document.getElementById('classes').children.length > 20`)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    const wide = `[...document.querySelectorAll('main *')].filter((element) => element.getBoundingClientRect().right > 360)
      .map((element) => element.id || element.className || element.tagName)`
    expect(await page.evaluate(wide)).toEqual([])
  })

  it('says when the program has ended', async () => {
    await show('heap = new Heap()')
    await program.run('setTimeout(() => process.exit()); return 0')
    await page.until(`document.getElementById('status').innerText.includes('The program has ended')`)
    page.complaints.length = 0 // Chromium's, of the connection that was lost
  })
})
