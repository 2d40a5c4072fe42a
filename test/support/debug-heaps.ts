/**
 * For `npm run test:debug`: makes every heap of a test a debug heap (the entry of the package does so by itself), and leaves out the tests
 * that cannot hold for one.
 */
import '../../lib/debug/index'
import { beforeEach } from 'vitest'
import { WITHOUT_DEBUG } from './without-debug'

beforeEach(({ task, skip }) => {
  const file = task.file.name.replaceAll('\\', '/')
  const names: string[] = []
  for (
    let at: { name: string; suite?: { name: string } | undefined } | undefined = task;
    at !== undefined;
    at = at.suite
  )
    if (at.name !== '' && at.name !== task.file.name) names.unshift(at.name)
  const left = WITHOUT_DEBUG[file]
  if (left?.tests === 'all' || left?.tests.includes(names.join(' > '))) skip(left.reason)
})
