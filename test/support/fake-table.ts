import { afterEach } from 'vitest'
import { ArenaTable } from '../../lib/books/arena-table'
import { Budget } from '../../lib/books/budget'
import { space } from '../../lib/space/thread-space'
import { FakeOsPages } from './fake-os-pages'

const opened: ArenaTable[] = []
afterEach(() => {
  for (const table of opened.splice(0)) table.close()
})

/** An arena table without a heap round it, on fake OS pages. Closed after the test. */
export function fakeTable(os = new FakeOsPages()): ArenaTable {
  const table = new ArenaTable(new Budget(os, Infinity), space, space.noMagazines)
  opened.push(table)
  return table
}
