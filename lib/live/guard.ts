/**
 * Who may look. The address of the page has a random token as its first part, so that neither other users of the machine nor pages of
 * other sites can ask for anything, and the request must be addressed to this machine by a name that no foreign name server can give
 * (DNS rebinding: a name of the attacker's that suddenly means 127.0.0.1).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Why a request is refused. */
export interface Refusal {
  readonly status: number
  /** For the person in front of the browser. */
  readonly message: string
}

const TOKEN_BYTES = 24
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** A token that nobody guesses, of characters that need no escape in an address. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

/** Whether a server that listens at the address is reached from this machine only. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** A host as it stands in an address. */
export const inAddress = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

export class Guard {
  readonly #token: Buffer
  readonly #host: string

  /**
   * @param token - the first part of every path
   * @param host - what the server listens at
   */
  constructor(token: string, host: string) {
    this.#token = Buffer.from(token)
    this.#host = host
  }

  /**
   * What a request asks for, behind the token: `''` for the page.
   * @returns a path without a slash in front; or the refusal
   */
  admit({ headers, method, url = '' }: Pick<IncomingMessage, 'headers' | 'method' | 'url'>): string | Refusal {
    if (!this.#isOurName(headers.host)) {
      const known = isLoopback(this.#host) ? '127.0.0.1 or localhost' : 'the number of this machine'
      return {
        status: 421,
        message: `This page answers to ${known} only. Open the address that the program has printed.`,
      }
    }
    if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate') {
      return { status: 403, message: 'Pages of other sites may not look at this one.' }
    }
    const [, token = '', path] = /^\/([^/?#]*)(?:\/([^?#]*))?(?:[?#].*)?$/.exec(url) ?? []
    if (!this.#isToken(token) || path === undefined) {
      return {
        status: 403,
        message: 'The token is wrong. Open the address that the program has printed; it changes with each start.',
      }
    }
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, message: 'There is only something to read here.' }
    return path
  }

  #isToken(given: string): boolean {
    const bytes = Buffer.from(given)
    return bytes.length === this.#token.length && timingSafeEqual(bytes, this.#token)
  }

  /** Numbers cannot be rebound; of names only those that are known are let in. The port may be another: of a container, or a tunnel. */
  #isOurName(header: string | undefined): boolean {
    const name = header?.replace(/:\d*$/, '').toLowerCase() ?? ''
    if (LOOPBACK_NAMES.includes(name) || name === inAddress(this.#host).toLowerCase()) return true
    return !isLoopback(this.#host) && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  }
}
