import { describe, expect, it } from 'vitest'
import { listWithin } from '../../lib/collections/base-list'
import { FACES } from '../../lib/collections/list-faces'
import { Heap } from '../../lib/heap/heap'

describe('lists of scalars', () => {
  it('have a class for each kind, and so have their faces', () => {
    using heap = new Heap()
    const faces = Object.values(FACES).map((make) => make(heap))
    expect(faces.map(({ kind }) => kind)).toEqual(Object.keys(FACES))
    const classes = (objects: readonly object[]): number => new Set(objects.map((one) => one.constructor)).size
    expect([classes(faces), classes(faces.map((face) => listWithin(face as never)))]).toEqual([12, 12])
    expect(faces.map((face) => face.slice().constructor)).toEqual(faces.map((face) => face.constructor))
  })
})
