import { afterEach } from 'vitest'
import { ArenaTable } from '../../lib/books/arena-table'
import { Budget } from '../../lib/books/budget'
import { space } from '../../lib/space/thread-space'
import { TEST_TAG } from './test-tag'

const opened: ArenaTable[] = []
afterEach(() => {
  for (const table of opened.splice(0)) table.close()
})

/** An arena table without a heap round it. Closed after the test. */
export function testTable(budget = new Budget(Infinity, TEST_TAG)): ArenaTable {
  const table = new ArenaTable(budget, space, space.noMagazines)
  opened.push(table)
  return table
}
