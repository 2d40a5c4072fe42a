/** A page without a browser: reads the frames and counts them. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

export class Reader {
  frames = 0
  bytes = 0
  /** Milliseconds that looks took, by what the frames say. */
  readonly costs: number[] = []
  readonly #response: IncomingMessage
  #rest: Buffer = Buffer.alloc(0)

  private constructor(response: IncomingMessage) {
    this.#response = response
    response.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  static async open(url: string): Promise<Reader> {
    const [response] = (await once(get(`${url}frames`, { agent: false }), 'response')) as [IncomingMessage]
    const reader = new Reader(response)
    while (reader.frames === 0) await once(response, 'data')
    return reader
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const rest = this.#rest
      if (rest.length < 8 || rest.length < 4 + rest.readUInt32LE(0)) return
      this.frames++
      this.costs.push(JSON.parse(rest.toString('utf8', 8, 8 + rest.readUInt32LE(4))).cost)
      this.#rest = rest.subarray(4 + rest.readUInt32LE(0))
    }
  }

  close(): void {
    this.#response.destroy()
  }
}
