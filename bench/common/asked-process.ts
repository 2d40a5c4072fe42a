/** A Node process that answers requests, one at a time: the parent's side, and `serve` for the child's. */
import { type ChildProcess, fork } from 'node:child_process'

/** Something that this machine lacks: a row of a table says so, with the reason. */
export class MissingArm extends Error {
  override readonly name = 'MissingArm'
}

type Reply = { readonly value: unknown } | { readonly error: string; readonly isMissing: boolean }

/** Which Node runs a child, and with which flags. */
export interface NodeOptions {
  readonly execPath?: string
  readonly execArgv?: readonly string[]
}

/** How long a child may take to end by itself, ms. */
const PATIENCE_MS = 5000

/** Parent side. */
export class AskedProcess {
  readonly name: string
  readonly pid: number
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void } | undefined
  #ended: Error | undefined

  /** @param script - path of a file that calls {@link serve} */
  constructor(name: string, script: string, { execPath, execArgv = [] }: NodeOptions = {}) {
    this.name = name
    this.#child = fork(script, [], { execArgv: [...execArgv], ...(execPath === undefined ? {} : { execPath }) })
    this.pid = this.#child.pid ?? 0
    // Not 'close': Node emits none after disconnect().
    this.#gone = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.on('message', (reply: Reply) => this.#answer(reply))
    this.#child.on('error', (error) => this.#fail(error))
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`${name}: child ended (${signal ?? code})`)))
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** @throws MissingArm where the child needs something that is not installed */
  request(request: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      this.#waiting = { resolve, reject }
      this.#child.send(request)
    })
  }

  /** Lets the child end by itself; resolves when it has. */
  async end(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#child.disconnect()
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await this.#gone
    clearTimeout(patience)
  }

  /** Ends the child as it is. */
  async kill(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  #answer(reply: Reply): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if ('value' in reply) waiting?.resolve(reply.value)
    else waiting?.reject(reply.isMissing ? new MissingArm(reply.error) : new Error(`${this.name}: ${reply.error}`))
  }

  #fail(error: Error): void {
    this.#ended ??= error
    this.#waiting?.reject(this.#ended)
    this.#waiting = undefined
  }
}

/** Child side: answers every request of the parent; between them it waits, and its timers run. */
export function serve<Request>(answer: (request: Request) => Promise<unknown>): void {
  const send = (reply: Reply): void => {
    process.send?.(reply)
  }
  process.on('message', (request: Request) => {
    answer(request).then(
      (value) => send({ value }),
      (error: unknown) => {
        const isMissing = error instanceof MissingArm
        const text = error instanceof Error && !isMissing ? (error.stack ?? error.message) : (error as Error).message
        send({ error: text, isMissing })
      },
    )
  })
}
