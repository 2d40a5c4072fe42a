import { EventEmitter, once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Asset } from '../../lib/live/assets'
import { LiveServer, STREAMS_MAX } from '../../lib/live/server'
import type { Look } from '../../lib/live/view'
import { viewOf } from '../support/live-view'

const TOKEN = 'token-of-the-test'
const assets = new Map<string, Asset>([
  ['', { type: 'text/html; charset=utf-8', bytes: Buffer.from('<p>the page') }],
  ['page.css', { type: 'text/css; charset=utf-8', bytes: Buffer.from('p {}') }],
])

const open = new Set<{ close(): Promise<void> }>()
const clients = new Set<ClientRequest>()
afterEach(async () => {
  for (const client of clients) client.destroy()
  clients.clear()
  for (const server of open) await server.close()
  open.clear()
})

async function serverOf(look: Look): Promise<{ server: LiveServer; url: string }> {
  const options = { host: '127.0.0.1', port: 0, token: TOKEN, interval: 20, about: { pid: 1 }, isRef: true }
  const server = new LiveServer(look, assets, options)
  open.add(server)
  return { server, url: await server.listen() }
}

/** Asks, and leaves the answer unread. */
async function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<IncomingMessage> {
  const client = request(url, { headers, method, agent: false })
  client.on('error', () => undefined)
  clients.add(client)
  client.end()
  const [response] = await once(client, 'response')
  response.on('error', () => undefined)
  return response
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return text
}

/** Emits `look` each time that somebody looks. */
class Watched extends EventEmitter {
  looks = 0
  readonly look: Look = () => {
    this.looks++
    this.emit('look')
    return viewOf([[1, 1, 128 + (this.looks % 100)]])
  }
}

describe('the server', () => {
  it('gives out the page and its files, and what does not change, with its policy', async () => {
    const { url } = await serverOf(new Watched().look)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/token-of-the-test\/$/)
    const page = await ask(url)
    expect([page.statusCode, page.headers['content-type'], await textOf(page)]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<p>the page',
    ])
    expect(page.headers['content-security-policy']).toContain("script-src 'self'")
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(await textOf(await ask(`${url}page.css`))).toBe('p {}')
    expect(JSON.parse(await textOf(await ask(`${url}about`)))).toEqual({ pid: 1 })
    const head = await ask(url, {}, 'HEAD')
    expect([head.headers['content-length'], await textOf(head)]).toEqual(['11', ''])
  })

  it('refuses in words a wrong token, a wrong host, a wrong method, and what is not there', async () => {
    const watched = new Watched()
    const { url } = await serverOf(watched.look)
    const { origin, port } = new URL(url)
    const refused: [IncomingMessage, number, string][] = [
      [await ask(`${origin}/`), 403, 'The token is wrong'],
      [await ask(`${origin}/${'x'.repeat(TOKEN.length)}/frames`), 403, 'The token is wrong'],
      [await ask(`${url}frames`, { host: `evil.example:${port}` }), 421, '127.0.0.1 or localhost only'],
      [await ask(`${url}frames`, {}, 'POST'), 405, 'only something to read'],
      [await ask(`${url}nothing.js`), 404, 'nothing of this name'],
      [await ask(`${url}../../package.json`), 403, 'The token is wrong'],
      [await ask(`${url}..%2f..%2fpackage.json`), 404, 'nothing of this name'],
    ]
    for (const [response, status, words] of refused) {
      expect([response.statusCode, response.headers.connection]).toEqual([status, 'close'])
      expect(await textOf(response)).toContain(words)
    }
    expect(watched.looks).toBe(0)
  })

  it('survives what is no request', async () => {
    const { url } = await serverOf(new Watched().look)
    for (const bytes of [
      '\0\0\0\0',
      'GET',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n\r\n`,
      'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
    ]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.end(bytes)
      // Not `once` of node:events, which rejects where the server's answer is a reset.
      await new Promise<void>((resolve) => socket.resume().on('close', () => resolve()))
    }
    expect((await ask(url)).statusCode).toBe(200)
  })

  it('looks at the heaps only while a page is open', async () => {
    const watched = new Watched()
    const { url } = await serverOf(watched.look)
    await textOf(await ask(url))
    expect(watched.looks).toBe(0)
    const stream = await ask(`${url}frames`)
    await once(stream, 'data')
    await once(watched, 'look')
    stream.destroy()
    // The look that is due may still come.
    await delay(100)
    const { looks } = watched
    await delay(100)
    expect(watched.looks).toBe(looks)
  })

  it('drops frames for a page that does not take them, and has the newest for it when it does', async () => {
    const watched = new Watched()
    const rows = Array.from({ length: 4096 }, (_, i) => [i, 1, 0] as const)
    const big = viewOf(rows)
    const { url } = await serverOf(() => {
      watched.look()
      return { ...big, states: big.states.slice().fill(watched.looks % 256) }
    })
    const slow = await ask(`${url}frames`) // and reads nothing: 270 KB a frame fill what lies between
    const quick = await ask(`${url}frames`)
    quick.resume()
    while (watched.looks < 60) await once(watched, 'look')
    expect(slow.readableLength).toBeLessThan(1 << 20)
    let bytes = 0
    const ticks: number[] = []
    let rest = Buffer.alloc(0)
    slow.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
        const text = rest.subarray(8, 8 + rest.readUInt32LE(4))
        ticks.push(JSON.parse(text.toString()).tick)
        rest = rest.subarray(4 + rest.readUInt32LE(0))
      }
    })
    while ((ticks.at(-1) ?? 0) < 60) await once(slow, 'data')
    const missed = ticks.findIndex((tick, i) => i > 0 && tick > (ticks[i - 1] as number) + 1)
    expect(missed).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(60 * 270_000)
  })

  it('serves a hundred connections that come at once: as many pages as may be open, and an answer for the others', async () => {
    const { url } = await serverOf(new Watched().look)
    const responses = await Promise.all(Array.from({ length: 100 }, () => ask(`${url}frames`)))
    const served = responses.filter(({ statusCode }) => statusCode === 200)
    const refused = responses.filter(({ statusCode }) => statusCode === 503)
    expect([served.length, refused.length]).toEqual([STREAMS_MAX, 100 - STREAMS_MAX])
    await Promise.all(served.map((response) => once(response, 'data')))
    for (const response of served) response.destroy()
    for (let status = 503; status !== 200; await delay(10)) status = (await ask(`${url}frames`)).statusCode as number
  })

  it('ends every connection when it is closed, and frees the port', async () => {
    const { server, url } = await serverOf(new Watched().look)
    const stream = await ask(`${url}frames`)
    const ended = new Promise((resolve) => stream.resume().once('close', resolve))
    await server.close()
    await ended
    const again = get(url)
    const [error] = await once(again, 'error')
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('says which port it cannot have', async () => {
    const { url } = await serverOf(new Watched().look)
    const port = Number(new URL(url).port)
    const options = { host: '127.0.0.1', port, token: TOKEN, interval: 20, about: {}, isRef: true }
    await expect(new LiveServer(new Watched().look, assets, options).listen()).rejects.toMatchObject({
      name: 'HeapError',
      code: 'EBB_OS',
      syscall: 'listen',
      message: `ebb: the live page cannot listen at 127.0.0.1:${port} (EADDRINUSE); give another port, or 0 for a free one`,
    })
  })
})
