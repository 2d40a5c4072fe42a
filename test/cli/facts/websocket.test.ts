import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connect, frame, readFrame, type TextSocket } from '../../../lib/cli/facts/websocket'

/** A frame as servers send it. */
function served(opcode: number, payload: Buffer, isLast = true): Buffer {
  const masked = frame(opcode, payload)
  const size = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8
  const head = Buffer.from(masked.subarray(0, 2 + size))
  head[0] = (isLast ? 0x80 : 0) | opcode
  head[1] = head[1]! & 0x7f
  return Buffer.concat([head, payload])
}

/** What a client's frame holds. */
function unmasked(bytes: Buffer): { opcode: number; payload: Buffer } {
  const short = bytes[1]! & 0x7f
  const start = short === 126 ? 4 : short === 127 ? 10 : 2
  const mask = bytes.subarray(start, start + 4)
  const payload = Buffer.from(bytes.subarray(start + 4, start + 4 + (short < 126 ? short : bytes.length))).map(
    (byte, i) => byte ^ mask[i & 3]!,
  )
  return { opcode: bytes[0]! & 0xf, payload: Buffer.from(payload) }
}

describe('frames', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
    it(`hold ${length} bytes`, () => {
      const payload = Buffer.alloc(length, 'ab')
      const found = readFrame(served(1, payload))
      expect(found).toMatchObject({ opcode: 1, isLast: true })
      expect((found as { payload: Buffer }).payload.equals(payload)).toBe(true)
      const sent = frame(1, payload)
      expect(sent[1]! & 0x80).toBe(0x80)
      expect(unmasked(sent).payload.equals(payload)).toBe(true)
    })
  }

  it('are waited for until they are whole', () => {
    const whole = served(1, Buffer.alloc(70_000, 'x'))
    for (const length of [0, 1, 2, 5, 9, 10, 69_999, whole.length - 1]) {
      expect(readFrame(whole.subarray(0, length))).toBeUndefined()
    }
    expect(readFrame(Buffer.concat([whole, Buffer.from([1])]))).toMatchObject({ end: whole.length })
  })

  it('of a server are not masked, and not endless', () => {
    expect(readFrame(frame(1, Buffer.from('x')))).toEqual({ error: 'a masked frame from a server' })
    expect(readFrame(Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]))).toEqual({
      error: 'a frame of 1099511627776 bytes',
    })
  })
})

describe('a connection', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.close()
    server?.closeAllConnections()
  })

  /** Connects to a server that does as it is told with the socket. */
  async function open(serve: (socket: Socket) => void, accept?: string) {
    server = createServer((_, response) => response.writeHead(404).end())
    server.on('upgrade', (request, socket: Socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const answer = accept ?? createHash('sha1').update(key).digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
      )
      socket.on('error', () => undefined)
      serve(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const messages: string[] = []
    let ended: (error: Error | undefined) => void
    const end = new Promise<Error | undefined>((resolve) => {
      ended = resolve
    })
    let heard: () => void
    const first = new Promise<void>((resolve) => {
      heard = resolve
    })
    const socket: TextSocket = await connect('127.0.0.1', (server.address() as AddressInfo).port, '/x', {
      message: (text) => {
        messages.push(text)
        heard()
      },
      close: (error) => ended(error),
    })
    return { socket, messages, end, first }
  }

  it('puts fragments together, with a ping in between, in pieces of any size', async () => {
    const bytes = Buffer.concat([
      served(1, Buffer.from('Grü'.slice(0, 2)), false),
      served(9, Buffer.from('ping')),
      served(0, Buffer.from('ün')),
    ])
    const pong = new Promise<Buffer>((resolve) => {
      void open((socket) => {
        for (const byte of bytes) socket.write(Buffer.from([byte]))
        socket.once('data', resolve)
      }).then(async ({ first, messages, socket }) => {
        await first
        expect(messages).toEqual(['Grün'])
        socket.close()
      })
    })
    const answer = unmasked(await pong)
    expect([answer.opcode, String(answer.payload)]).toEqual([10, 'ping'])
  })

  it('sends texts, and ends when the server does', async () => {
    const { socket, end } = await open((server) => {
      server.once('data', (bytes: Buffer) => {
        expect(unmasked(bytes)).toEqual({ opcode: 1, payload: Buffer.from('hello') })
        server.end(served(8, Buffer.alloc(0)))
      })
    })
    socket.send('hello')
    expect(await end).toBeUndefined()
    socket.send('into the void')
    socket.close()
  })

  it('ends at what is no frame of a server', async () => {
    const { end } = await open((socket) => socket.write(frame(1, Buffer.from('masked'))))
    expect((await end)?.message).toBe('a masked frame from a server')
  })

  it('is refused where the server does not speak WebSocket, or answers for another', async () => {
    await expect(open(() => undefined, 'nonsense')).rejects.toThrow('nobody asked for')
    server?.removeAllListeners('upgrade')
    server?.on('upgrade', (_, socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'))
    const { port } = server!.address() as AddressInfo
    const events = { message: () => undefined, close: () => undefined }
    await expect(connect('127.0.0.1', port, '/', events)).rejects.toThrow('the server answers 400')
  })
})
