/**
 * Drives a real Chromium over its DevTools protocol, by a pipe: no port, and nothing to install but the browser.
 *
 * `EBB_CHROMIUM` names the binary; else it is sought where systems put it. `.ci/run` installs Debian's package.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'

const PLACES = [
  process.env.EBB_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The browser to test in; undefined: there is none. */
export const chromium: string | undefined = PLACES.find((file) => file !== '' && existsSync(file))

/** For the name of a test that needs the browser. */
export const needsChromium = chromium === undefined ? ' (skipped: no chromium; set EBB_CHROMIUM)' : ''

const FLAGS = [
  ...['--headless=new', '--no-first-run', '--no-default-browser-check', '--disable-gpu', '--hide-scrollbars'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--mute-audio'],
  ...['--disable-dev-shm-usage', '--force-color-profile=srgb', '--remote-debugging-pipe'],
]

type Answer = { readonly result?: unknown; readonly error?: { readonly message: string } }
type Message = Answer & { readonly id?: number; readonly method?: string; readonly params?: unknown }

/** How a page is shown. */
export interface Screen {
  readonly width: number
  readonly height: number
  readonly scale?: number
  readonly scheme?: 'light' | 'dark'
}

/** The browser; each page in it has a window of its own. */
export class Browser {
  readonly #process: ChildProcess
  readonly #profile = mkdtempSync(path.join(tmpdir(), 'ebb-chromium-'))
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #listeners = new Set<(message: Message) => void>()
  #last = 0

  constructor() {
    const isRoot = process.getuid?.() === 0
    const flags = [...FLAGS, `--user-data-dir=${this.#profile}`, ...(isRoot ? ['--no-sandbox'] : []), 'about:blank']
    this.#process = spawn(chromium as string, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    let rest = ''
    const output = this.#process.stdio[4] as Readable
    output.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\0')
      rest = parts.pop() as string
      for (const part of parts) this.#take(JSON.parse(part))
    })
  }

  #take(message: Message): void {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message)
      return
    }
    this.#waiting.get(message.id)?.(message)
    this.#waiting.delete(message.id)
  }

  /** Calls a method of the protocol. */
  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.#last
    const text = JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })
    ;(this.#process.stdio[3] as Writable).write(`${text}\0`)
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result as T)
        else reject(new Error(`${method}: ${error.message}`))
      })
    })
  }

  /** Opens an address. */
  async open(url: string, { width, height, scale = 1, scheme = 'light' }: Screen): Promise<Page> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, sessionId, targetId)
    this.#listeners.add((message) => page.listen(message))
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(`${domain}.enable`)
    const metrics = { width, height, deviceScaleFactor: scale, mobile: false }
    await page.send('Emulation.setDeviceMetricsOverride', metrics)
    await page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
    await page.send('Page.navigate', { url })
    return page
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve))
    this.send('Browser.close').catch(() => undefined)
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

export class Page {
  /** What the page complained of: errors of its scripts, and what its policy refused. */
  readonly complaints: string[] = []
  readonly #browser: Browser
  readonly #session: string
  readonly #target: string

  constructor(browser: Browser, session: string, target: string) {
    this.#browser = browser
    this.#session = session
    this.#target = target
  }

  send<T>(method: string, params: object = {}): Promise<T> {
    return this.#browser.send(method, params, this.#session)
  }

  listen(message: Message & { sessionId?: string }): void {
    if (message.sessionId !== this.#session) return
    if (message.method === 'Runtime.exceptionThrown') {
      const { exceptionDetails: details } = message.params as {
        exceptionDetails: { text: string; exception?: { description?: string } }
      }
      this.complaints.push(details.exception?.description ?? details.text)
    }
    if (message.method === 'Log.entryAdded') {
      const { entry } = message.params as { entry: { level: string; text: string } }
      if (entry.level === 'error' || entry.level === 'warning') this.complaints.push(entry.text)
    }
  }

  /** Evaluates an expression in the page; waits for a promise. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, awaitPromise: true, returnByValue: true }
    type Evaluated = { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } }
    const { result, exceptionDetails } = await this.send<Evaluated>('Runtime.evaluate', options)
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'it threw')
    return result.value
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, ms = 20_000): Promise<void> {
    const end = Date.now() + ms
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`))) {
      if (Date.now() > end) throw new Error(`never true: ${expression}; the page says: ${await this.text()}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  text(): Promise<string> {
    return this.evaluate('document.body.innerText')
  }

  /** Presses a key: a character, or the name of a key. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {}
    const windowsVirtualKeyCode = key === 'Escape' ? 27 : 0
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', key, windowsVirtualKeyCode, ...text })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode })
  }

  /** The picture of the page, of all of it where it is longer than the window. */
  async picture(format: 'png' | 'webp' = 'png', quality?: number): Promise<Buffer> {
    const options = { format, captureBeyondViewport: true, ...(quality === undefined ? {} : { quality }) }
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', options)
    return Buffer.from(data, 'base64')
  }

  close(): Promise<unknown> {
    return this.#browser.send('Target.closeTarget', { targetId: this.#target })
  }
}
