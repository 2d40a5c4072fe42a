import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WeakList } from '../../lib/base/weak-list'

describe('a weak list', () => {
  it('shows what was added, until it is cleared', () => {
    const list = new WeakList<{ n: number }>()
    const items = [1, 2, 3].map((n) => ({ n }))
    for (const item of items) list.add(item)
    expect([...list]).toEqual(items)
    list.clear()
    expect([...list]).toEqual([])
  })

  it('keeps nothing alive, and does not grow with what is gone', async () => {
    const list = new WeakList<object>()
    const kept = {}
    list.add(kept)
    const held = (list as unknown as { held: Set<unknown> }).held
    for (let turn = 0; turn < 100 && (turn < 10 || held.size > 200); turn++) {
      for (let i = 0; i < 100; i++) list.add({})
      await sleep(1)
      globalThis.gc?.()
    }
    expect([held.size < 500, [...list].includes(kept)]).toEqual([true, true])
  })
})
