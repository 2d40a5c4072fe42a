/**
 * The server: the page's files, what does not change, and a stream of frames for each page that is open.
 *
 *     /TOKEN/           the page, and its files
 *     /TOKEN/about      what does not change: JSON
 *     /TOKEN/frames     frames (frames.ts) one after the other, for as long as the connection lasts
 *
 * Nobody looks at the heaps while no page is open. A page that has not taken what it was sent gets no more until it has; then it gets what
 * has changed meanwhile, in one frame. So each page holds one frame here at most, however slow it is.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Cancel, epochNow, systemClock } from '../base/clock'
import { HeapError, type OsFailure } from '../base/errors'
import { type Asset, HEADERS } from './assets'
import { Frames } from './frames'
import { Guard, inAddress } from './guard'
import type { Look } from './view'

/** Pages that may be open at once, and connections of any kind. */
export const STREAMS_MAX = 16
const CONNECTIONS_MAX = 128
/** Milliseconds after which a page that takes nothing is given up. */
const STUCK_MS = 60_000
/** Milliseconds for the head of a request. */
const HEAD_MS = 10_000
/** Looks at the heaps take at most one part of so many of a processor's time. */
const COST_SHARE = 10

/** How the server serves. */
export interface ServerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly token: string
  /** Milliseconds from one frame to the next, at least. */
  readonly interval: number
  /** What does not change, for the page. */
  readonly about: object
  /** Whether the server keeps its thread alive. */
  readonly isRef: boolean
}

/** A page that is open. */
interface Stream {
  readonly response: ServerResponse
  /** The look it was sent last. */
  seen: number
  /** Since when it has not taken what it was sent; 0: it has. */
  stuckSince: number
}

export class LiveServer {
  readonly #look: Look
  readonly #assets: ReadonlyMap<string, Asset>
  readonly #options: ServerOptions
  readonly #guard: Guard
  readonly #http: Server
  readonly #frames = new Frames()
  readonly #streams = new Set<Stream>()
  #cancel: Cancel | undefined
  /** Milliseconds that the last look took. */
  #cost = 0

  constructor(look: Look, assets: ReadonlyMap<string, Asset>, options: ServerOptions) {
    this.#look = look
    this.#assets = assets
    this.#options = options
    this.#guard = new Guard(options.token, options.host)
    this.#http = createServer({ headersTimeout: HEAD_MS, requestTimeout: HEAD_MS, keepAliveTimeout: 5000 })
    this.#http.maxConnections = CONNECTIONS_MAX
    this.#http.on('request', (request, response) => this.#answer(request, response))
    if (!options.isRef) {
      this.#http.unref()
      this.#http.on('connection', (socket: Socket) => socket.unref())
    }
  }

  /**
   * Begins to listen.
   * @returns the address of the page
   * @throws HeapError `EBB_OS` where the system gives no such port
   */
  listen(): Promise<string> {
    const { host, port, token } = this.#options
    return new Promise((resolve, reject) => {
      // Later ones, as where the process has no descriptor left for a connection, end nothing.
      this.#http.on('error', (cause: OsFailure & Error) => reject(refused(host, port, cause)))
      this.#http.listen(port, host, () => {
        const { port: got } = this.#http.address() as AddressInfo
        resolve(`http://${inAddress(host)}:${got}/${token}/`)
      })
    })
  }

  /** Ends every connection, and frees the port. */
  close(): Promise<void> {
    this.#rest()
    this.#streams.clear()
    return new Promise((resolve) => {
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.#guard.admit(request)
    if (typeof asked !== 'string') say(response, asked.status, asked.message)
    else if (asked === 'frames') this.#open(request, response)
    else if (asked === 'about') send(response, 'application/json', JSON.stringify(this.#options.about))
    else {
      const asset = this.#assets.get(asked)
      if (asset === undefined) say(response, 404, 'There is nothing of this name.')
      else send(response, asset.type, asset.bytes)
    }
  }

  #open(request: IncomingMessage, response: ServerResponse): void {
    if (this.#streams.size >= STREAMS_MAX) {
      say(response, 503, `${STREAMS_MAX} pages are open, which is as many as may be; close one.`)
      return
    }
    response.writeHead(200, { ...HEADERS, 'content-type': 'application/octet-stream' })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    request.socket.setNoDelay(true)
    const stream: Stream = { response, seen: 0, stuckSince: 0 }
    this.#streams.add(stream)
    response.on('drain', () => {
      stream.stuckSince = 0
    })
    response.on('error', () => response.destroy())
    response.on('close', () => {
      this.#streams.delete(stream)
      if (this.#streams.size === 0) this.#rest()
    })
    this.#cancel ??= systemClock.schedule(() => this.#turn(), 0)
  }

  /** Looks at the heaps, and sends to everybody who is ready. */
  #turn(): void {
    const start = epochNow()
    this.#giveUpStuck(start)
    const ready = [...this.#streams].filter((stream) => stream.stuckSince === 0)
    if (ready.length > 0) {
      this.#frames.update(this.#look())
      this.#cost = epochNow() - start
      const moment = { at: Math.round(start), cost: Number(this.#cost.toFixed(2)), rss: process.memoryUsage.rss() }
      for (const stream of ready) {
        const frame = this.#frames.encode(stream.seen, moment)
        stream.seen = this.#frames.tick
        if (!stream.response.write(frame)) stream.stuckSince = start
      }
    }
    const spent = epochNow() - start
    this.#cancel = systemClock.schedule(
      () => this.#turn(),
      Math.max(this.#options.interval - spent, (COST_SHARE - 1) * spent),
    )
  }

  #giveUpStuck(now: number): void {
    for (const { response, stuckSince } of this.#streams) {
      if (stuckSince !== 0 && now - stuckSince > STUCK_MS) response.destroy()
    }
  }

  #rest(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}

function send(response: ServerResponse, type: string, body: Buffer | string): void {
  response.writeHead(200, { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body) // node leaves the body of an answer to HEAD out
}

function say(response: ServerResponse, status: number, message: string): void {
  const body = `ebb live: ${message}\n`
  response.writeHead(status, {
    ...HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close', // who is refused holds no connection
  })
  response.end(body)
}

function refused(host: string, port: number, cause: OsFailure & Error): HeapError {
  const why = cause.code ?? cause.message
  return new HeapError(
    'EBB_OS',
    `ebb: the live page cannot listen at ${inAddress(host)}:${port} (${why}); give another port, or 0 for a free one`,
    cause,
  )
}
