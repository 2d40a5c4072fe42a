/**
 * A client of WebSockets (RFC 6455) for text, over node:http: Node 20 has none of its own. Text frames, masked; it puts fragments together,
 * answers pings, and has no extensions.
 */
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Socket } from 'node:net'

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

/** Bytes that a message may have: reports of heaps are some KiB. */
const MESSAGE_MAX = 64 * 2 ** 20

export interface WebSocketEvents {
  /** A whole message. */
  message(text: string): void
  /** Once, at the end, whatever brought it about. */
  close(error?: Error): void
}

/** A connection that is open. */
export class TextSocket {
  readonly #socket: Socket
  readonly #events: WebSocketEvents
  #received: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #isClosed = false

  constructor(socket: Socket, head: Buffer, events: WebSocketEvents) {
    this.#socket = socket
    this.#events = events
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end())
    if (head.length > 0) this.#receive(head)
  }

  send(text: string): void {
    if (!this.#isClosed) this.#socket.write(frame(TEXT, Buffer.from(text)))
  }

  close(): void {
    if (this.#isClosed) return
    this.#socket.write(frame(CLOSE, Buffer.alloc(0)))
    this.#end()
  }

  #end(error?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.destroy()
    this.#events.close(error)
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    while (!this.#isClosed) {
      const found = readFrame(this.#received)
      if (found === undefined) return
      if ('error' in found) this.#end(new Error(found.error))
      else {
        this.#received = this.#received.subarray(found.end)
        this.#take(found)
      }
    }
  }

  #take({ opcode, isLast, payload }: Frame): void {
    if (opcode === PING) this.#socket.write(frame(PONG, payload))
    else if (opcode === CLOSE) this.close()
    else if (opcode <= 2) {
      this.#fragments.push(payload)
      const length = this.#fragments.reduce((sum, part) => sum + part.length, 0)
      if (length > MESSAGE_MAX) this.#end(new Error(`a message of more than ${MESSAGE_MAX} bytes`))
      else if (isLast) this.#events.message(Buffer.concat(this.#fragments.splice(0)).toString('utf8'))
    }
  }
}

export interface Frame {
  readonly opcode: number
  readonly isLast: boolean
  readonly payload: Buffer
  /** Where the next frame begins. */
  readonly end: number
}

/** The first frame in some bytes, unmasked as servers send them; undefined where it is not whole yet. */
export function readFrame(bytes: Buffer): Frame | { readonly error: string } | undefined {
  if (bytes.length < 2) return undefined
  const first = bytes[0] as number
  const second = bytes[1] as number
  if ((second & 0x80) !== 0) return { error: 'a masked frame from a server' }
  let length = second & 0x7f
  let start = 2
  if (length === 126) {
    if (bytes.length < 4) return undefined
    length = bytes.readUInt16BE(2)
    start = 4
  } else if (length === 127) {
    if (bytes.length < 10) return undefined
    const long = bytes.readBigUInt64BE(2)
    if (long > BigInt(MESSAGE_MAX)) return { error: `a frame of ${long} bytes` }
    length = Number(long)
    start = 10
  }
  const end = start + length
  if (bytes.length < end) return undefined
  return { opcode: first & 0xf, isLast: (first & 0x80) !== 0, payload: bytes.subarray(start, end), end }
}

/** A frame as clients send it: whole, and masked. */
export function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const size = length < 126 ? 0 : length < 65536 ? 2 : 8
  const bytes = Buffer.alloc(2 + size + 4 + length)
  bytes[0] = 0x80 | opcode
  bytes[1] = 0x80 | (size === 0 ? length : size === 2 ? 126 : 127)
  if (size === 2) bytes.writeUInt16BE(length, 2)
  if (size === 8) bytes.writeBigUInt64BE(BigInt(length), 2)
  const mask = randomBytes(4)
  mask.copy(bytes, 2 + size)
  const start = 2 + size + 4
  for (let i = 0; i < length; i++) bytes[start + i] = (payload[i] as number) ^ (mask[i & 3] as number)
  return bytes
}

/**
 * Connects.
 * @param host - name or address, without brackets
 * @throws the error of the connection; an Error where the server does not speak WebSocket
 */
export function connect(host: string, port: number, path: string, events: WebSocketEvents): Promise<TextSocket> {
  const key = randomBytes(16).toString('base64')
  const accepted = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  return new Promise((resolve, reject) => {
    const asked = request({
      host,
      port,
      path,
      agent: false,
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key },
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      response.resume()
      reject(new Error(`the server answers ${response.statusCode} instead of opening a WebSocket`))
    })
    asked.on('upgrade', (response, socket, head) => {
      if (response.headers['sec-websocket-accept'] === accepted) resolve(new TextSocket(socket as Socket, head, events))
      else {
        socket.destroy()
        reject(new Error('the server accepts a WebSocket that nobody asked for'))
      }
    })
    asked.end()
  })
}
