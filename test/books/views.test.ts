import { describe, expect, it } from 'vitest'
import { NO_BUFFER, NO_VIEWS, viewsOf } from '../../lib/books/views'
import { caught } from '../support/caught'

describe('views', () => {
  it('show the same bytes of a region, no more and no less', () => {
    const buffer = new SharedArrayBuffer(64)
    const { payload, data } = viewsOf({ buffer }, 16, 32)
    expect([payload.byteOffset, payload.length, data.byteOffset, data.byteLength]).toEqual([16, 32, 16, 32])
    payload[31] = 7
    expect([data.getUint8(31), payload.buffer, data.buffer]).toEqual([7, buffer, buffer])
    expect(() => data.getUint8(32)).toThrow(RangeError)
  })

  it('that the engine makes none of are refused with the length and a remedy', () => {
    const error = caught(() => viewsOf({ buffer: new ArrayBuffer(64) }, 16, 49))
    expect([error.code, error.cause]).toEqual(['EBB_OUT_OF_MEMORY', expect.any(RangeError)])
    expect(error.message).toMatch(/makes no view of 49 bytes \(.+\); use shorter blocks$/)
  })

  it('of nothing are empty', () => {
    expect([NO_VIEWS.payload.length, NO_VIEWS.data.byteLength, NO_VIEWS.payload.buffer]).toEqual([0, 0, NO_BUFFER])
  })
})
