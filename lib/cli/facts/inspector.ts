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
/** The same of a worker thread, which may be in the middle of something long: what it has is left out then. */
const WORKER_PATIENCE = 500
const ENDED = 'the connection has ended'
const NO_INSPECTOR = 'what listens there is no inspector'

/**
 * `HOST:PORT`, `PORT`, `[::1]:PORT`, or the `ws://` address that Node prints.
 * @returns undefined for anything else
 */
export function parseAddress(text: string): Address | undefined {
  if (/^\d+:/.test(text)) return undefined // URL takes 9229:1 for port 1 of host 0.0.36.13
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
  readonly params?: { readonly sessionId?: string; readonly message?: string }
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly result?: { readonly value?: unknown; readonly description?: string }
    readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
  }
}

/** A connection to a process: to its main thread, and through that to its worker threads. */
export class Inspector {
  readonly #address: Address
  readonly #calls = new Map<number, (answer: Answer | undefined) => void>()
  /** Sessions of the worker threads there are, with the calls that wait for an answer of each. */
  readonly #workers = new Map<string, Set<number>>()
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
        message: (text) => this.#read(text),
        close: () => this.#lose(),
      })
    } catch (error) {
      throw unreachable(this.#address, (error as Error).message, error)
    }
    // A process that is inspected does not end before the inspector has gone: this asks for a word, on which we go.
    this.#send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true })
    // It tells of the workers there are before it answers. Runtimes that have no such thing answer with an error, which is an answer too.
    await this.#answer(this.#send('NodeWorker.enable', { waitForDebuggerOnStart: false }), PATIENCE)
    return this
  }

  close(): void {
    this.#socket?.close()
  }

  /**
   * Evaluates an expression in the main thread. A promise is waited for.
   * @returns its value, copied by way of JSON
   * @throws CliError `unreachable`, also where it throws there, or where the process does not answer
   */
  async evaluate(expression: string): Promise<unknown> {
    return this.#value(await this.#answer(this.#send('Runtime.evaluate', evaluation(expression)), PATIENCE))
  }

  /** The same in each worker thread. The values of those that answer soon. */
  async evaluateInWorkers(expression: string): Promise<unknown[]> {
    const asked = [...this.#workers].map(async ([sessionId, waiting]) => {
      const id = ++this.#last
      waiting.add(id)
      const message = JSON.stringify({ id, method: 'Runtime.evaluate', params: evaluation(expression) })
      this.#send('NodeWorker.sendMessageToWorker', { sessionId, message })
      try {
        return this.#value(await this.#answer(id, WORKER_PATIENCE))
      } finally {
        waiting.delete(id)
      }
    })
    const answers = await Promise.allSettled(asked)
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  }

  #value(answer: Answer): unknown {
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

  /** The answer to a call. */
  #answer(id: number, patience: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket === undefined) {
        reject(unreachable(this.#address, ENDED))
        return
      }
      const end = (answer: Answer | undefined, why: string): void => {
        clearTimeout(timer)
        this.#calls.delete(id)
        if (answer === undefined) reject(unreachable(this.#address, why))
        else resolve(answer)
      }
      const timer = setTimeout(() => {
        end(undefined, `no answer in ${patience / 1000} s: its main thread is busy, or stopped at a breakpoint`)
      }, patience)
      this.#calls.set(id, (answer) => end(answer, ENDED))
    })
  }

  /** Whoever sends something else than JSON is no inspector. */
  #read(text: string): void {
    try {
      this.#take(JSON.parse(text) as Answer)
    } catch {
      this.close()
    }
  }

  #take(answer: Answer): void {
    if (answer.id !== undefined) this.#calls.get(answer.id)?.(answer)
    else if (answer.method === 'NodeRuntime.waitingForDisconnect') this.close()
    else this.#hear(answer)
  }

  /** What is told of workers. */
  #hear({ method, params }: Answer): void {
    const { sessionId, message } = params ?? {}
    if (sessionId === undefined) return
    if (method === 'NodeWorker.attachedToWorker') this.#workers.set(sessionId, new Set())
    else if (method === 'NodeWorker.detachedFromWorker') this.#forget(sessionId)
    else if (method === 'NodeWorker.receivedMessageFromWorker') this.#take(JSON.parse(message as string) as Answer)
  }

  /** A worker has ended: it will not answer. */
  #forget(sessionId: string): void {
    for (const id of this.#workers.get(sessionId) ?? []) this.#calls.get(id)?.(undefined)
    this.#workers.delete(sessionId)
  }

  #lose(): void {
    this.#socket = undefined
    for (const call of [...this.#calls.values()]) call(undefined)
  }
}

const evaluation = (expression: string): object => ({
  ...{ expression, awaitPromise: true, returnByValue: true, silent: true },
})

/** The path of the first thing that can be inspected: Node has one, the main thread. */
async function pathOf(address: Address): Promise<string> {
  let targets: unknown
  try {
    targets = JSON.parse(await readText(address, '/json/list'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      error instanceof SyntaxError ? NO_INSPECTOR : code === 'ECONNREFUSED' ? 'nothing listens there' : message
    throw unreachable(address, why, error)
  }
  const urls = Array.isArray(targets) ? targets.map((target) => target?.webSocketDebuggerUrl) : []
  const url = parseUrl(String(urls.find((each) => typeof each === 'string')))
  if (url === null) throw unreachable(address, NO_INSPECTOR)
  return url.pathname
}

function readText({ host, port }: Address, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host, port, path, timeout: PATIENCE, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > 1e6) asked.destroy(new Error(NO_INSPECTOR))
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
