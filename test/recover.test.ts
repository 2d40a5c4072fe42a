import { describe, expect, it } from 'vitest'
import { checkHeap } from '../lib/check-heap'
import { type Pointer, slotOf } from '../lib/layout'
import { rebuild, rebuildIfLost } from '../lib/recover'
import { fakeHeap } from './support/fake-heap'
import { detach } from './support/fake-os-pages'

const sizes = [16, 300, 2600, 4096, 9000, 50_000, 1e6]

describe('the books built anew', () => {
  it('say the same as before where nothing is lost', () => {
    const { heap } = fakeHeap()
    const pointers = Array.from({ length: 300 }, (_, index) => heap.alloc(sizes[index % sizes.length] as number))
    pointers.forEach((pointer, index) => {
      if (index % 3 === 0) heap.free(pointer)
    })
    heap.pin(pointers[1] as Pointer)
    heap.pin(pointers[2] as Pointer)
    const before = heap.stats()
    rebuildIfLost(heap.internals)
    rebuild(heap.internals)
    checkHeap(heap.internals)
    expect(heap.stats()).toEqual(before)
    heap.unpin(pointers[1] as Pointer)
    for (const pointer of pointers) if (heap.isLive(pointer) && !heap.internals.pins.has(pointer)) heap.free(pointer)
    checkHeap(heap.internals)
    expect(heap.stats().blocks).toBe(1)
  })

  it('leave out what is lost, pins and all, and keep every other block', () => {
    const { heap } = fakeHeap()
    const pointers = Array.from({ length: 300 }, (_, index) => heap.alloc(sizes[index % sizes.length] as number))
    for (const pointer of pointers) heap.bytes(pointer).fill(pointer & 255)
    for (const pointer of pointers.slice(0, 20)) heap.pin(pointer)
    const lost = new Set([pointers[0], pointers[100], pointers[6]].map((pointer) => slotOf(pointer as Pointer)))
    for (const slot of lost) detach(heap.internals.table.buffer(slot))
    const left = pointers.filter((pointer) => !lost.has(slotOf(pointer)))
    expect(heap.stats()).toMatchObject({ blocks: left.length, lostMappings: 3 })
    checkHeap(heap.internals)
    for (const pointer of left) expect(heap.bytes(pointer).every((byte) => byte === (pointer & 255))).toBe(true)
    for (const pointer of heap.internals.pins.keys()) expect(lost.has(slotOf(pointer))).toBe(false)
  })

  it('never hand out a lost slot again', () => {
    const { heap } = fakeHeap()
    const pointer = heap.alloc(16)
    detach(heap.bytes(pointer).buffer as ArrayBuffer)
    const again = Array.from({ length: 100 }, () => heap.alloc(4096))
    expect(again.some((other) => slotOf(other) === slotOf(pointer))).toBe(false)
    expect(heap.isLive(pointer)).toBe(false)
  })
})
