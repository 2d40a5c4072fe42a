import { describe, expect, it } from 'vitest'
import { SCALAR_LISTS } from '../../lib/collections/list-kinds'

describe('the classes of lists', () => {
  it('are one for each kind of scalar', () => {
    const classes = Object.values(SCALAR_LISTS).map(([ListOfKind]) => ListOfKind)
    expect([classes.length, new Set(classes).size]).toEqual([12, 12])
  })
})
