import { inflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { crc32, png, type Rgba } from '../../../lib/cli/draw/png'

/** The chunks of a PNG, each with its checksum tested. */
function chunksOf(bytes: Buffer): Map<string, Buffer> {
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 4, at + 8 + length)
    expect(crc32(body)).toBe(bytes.readUInt32BE(at + 8 + length))
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4))
    at += 12 + length
  }
  return chunks
}

it('a PNG holds its pixels and its palette', () => {
  const palette: Rgba[] = [
    [1, 2, 3, 0],
    [250, 251, 252, 255],
  ]
  const chunks = chunksOf(png(Uint8Array.of(0, 1, 1, 1, 0, 0), 3, 2, palette))
  expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])
  expect([...chunks.get('IHDR')!]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0])
  expect([...chunks.get('PLTE')!]).toEqual([1, 2, 3, 250, 251, 252])
  expect([...chunks.get('tRNS')!]).toEqual([0, 255])
  expect([...inflateSync(chunks.get('IDAT')!)]).toEqual([0, 0, 1, 1, 0, 1, 0, 0])
})

it('the checksum is the known one', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  expect(crc32(Buffer.alloc(0))).toBe(0)
})
