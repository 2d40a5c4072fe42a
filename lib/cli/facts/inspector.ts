/** Asks a process through its inspector (Chrome DevTools Protocol), which `node --inspect` or SIGUSR1 opens. */
import { get } from 'node:http'
import { CliError } from '../exit'
import { connect, type TextSocket } from './websocket'

/** Where an inspector listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Milliseconds that the process may take to answer: its event loop has to turn once. */
const PATIENCE = 5000
const ENDED = 'the connection has ended'

/**
 * `HOST:PORT`, `PORT`, `[::1]:PORT`, or the `ws://` address that Node prints.
 * @returns undefined for anything else
 */
export function parseAddress(text: string): Address | undefined {
  const bare = /^\d+$/.test(text) ? `127.0.0.1:${text}` : text
  const url = parseUrl(/^\w+:\/\//.test(bare) ? bare.replace(/^wss?:/, 'http:') : `http://${bare}`)
  if (url === null || url.protocol !== 'http:' || url.port === '' || url.username !== '') return undefined
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) }
}

/** Node 20 has no `URL.parse`. */
function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

export const showAddress = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** A message of the protocol: the answer to a call, or an event. */
interface Answer {
  readonly id?: number
  readonly method?: string
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly result?: { readonly value?: unknown; readonly description?: string }
    readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
  }
}

/** A connection to the main thread of a process. */
export class Inspector {
  readonly #address: Address
  readonly #calls = new Map<number, (answer: Answer | undefined) => void>()
  #socket: TextSocket | undefined
  #last = 0

  constructor(address: Address) {
    this.#address = address
  }

  /** @throws CliError `unreachable` */
  async open(): Promise<this> {
    const path = await pathOf(this.#address)
    try {
      this.#socket = await connect(this.#address.host, this.#address.port, path, {
        message: (text) => this.#take(JSON.parse(text) as Answer),
        close: () => this.#lose(),
      })
    } catch (error) {
      throw unreachable(this.#address, (error as Error).message, error)
    }
    // A process that is inspected does not end before the inspector has gone: this asks for a word, on which we go.
    this.#send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true })
    return this
  }

  close(): void {
    this.#socket?.close()
  }

  /**
   * Evaluates an expression in the process. A promise is waited for.
   * @returns its value, copied by way of JSON
   * @throws CliError `unreachable`, also where it throws there, or where the process does not answer
   */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.#call({ expression, awaitPromise: true, returnByValue: true, silent: true })
    const failure = answer.error?.message ?? answer.result?.exceptionDetails
    if (failure === undefined) return answer.result?.result?.value
    const text = typeof failure === 'string' ? failure : (failure.exception?.description ?? failure.text)
    throw unreachable(this.#address, `the process answers with an error: ${text}`)
  }

  #send(method: string, params: object): number {
    const id = ++this.#last
    this.#socket?.send(JSON.stringify({ id, method, params }))
    return id
  }

  #call(params: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket === undefined) {
        reject(unreachable(this.#address, ENDED))
        return
      }
      const id = this.#send('Runtime.evaluate', params)
      const end = (answer: Answer | undefined, why: string): void => {
        clearTimeout(timer)
        this.#calls.delete(id)
        if (answer === undefined) reject(unreachable(this.#address, why))
        else resolve(answer)
      }
      const timer = setTimeout(() => {
        end(undefined, `no answer in ${PATIENCE / 1000} s: its main thread is busy, or stopped at a breakpoint`)
      }, PATIENCE)
      this.#calls.set(id, (answer) => end(answer, ENDED))
    })
  }

  #take(answer: Answer): void {
    if (answer.id !== undefined) this.#calls.get(answer.id)?.(answer)
    else if (answer.method === 'NodeRuntime.waitingForDisconnect') this.close()
  }

  #lose(): void {
    this.#socket = undefined
    for (const call of [...this.#calls.values()]) call(undefined)
  }
}

/** The path of the first thing that can be inspected: Node has one, the main thread. */
async function pathOf(address: Address): Promise<string> {
  let targets: unknown
  try {
    targets = JSON.parse(await readText(address, '/json/list'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw unreachable(address, code === 'ECONNREFUSED' ? 'nothing listens there' : message, error)
  }
  const urls = Array.isArray(targets) ? targets.map((target) => target?.webSocketDebuggerUrl) : []
  const url = parseUrl(String(urls.find((each) => typeof each === 'string')))
  if (url === null) throw unreachable(address, 'what listens there is no inspector')
  return url.pathname
}

function readText({ host, port }: Address, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host, port, path, timeout: PATIENCE, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > 1e6) asked.destroy(new Error('what listens there is no inspector'))
      })
      response.on('error', reject)
      response.on('end', () => resolve(text))
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${PATIENCE / 1000} s`)))
    asked.on('error', reject)
  })
}

function unreachable(address: Address, why: string, cause?: unknown): CliError {
  return new CliError(
    'unreachable',
    `ebb: no answer from the inspector at ${showAddress(address)}: ${why}\n` +
      'A Node process opens one with `node --inspect=PORT app.js`, or while it runs on `kill -USR1 PID` (port 9229).',
    cause,
  )
}
