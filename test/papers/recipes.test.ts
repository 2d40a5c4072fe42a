/** Runs recipes of the documents as they stand there, against the built package. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const root = path.join(__dirname, '..', '..')

/** Runs the one code block of a document that has a text in it. It lies inside of the checkout, where `ebb` is the package itself. */
function runRecipe(document: string, needle: string): string {
  const text = readFileSync(path.join(root, 'docs', document), 'utf8')
  const blocks = [...text.matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1] as string)
  const found = blocks.filter((block) => block.includes(needle))
  expect(found).toHaveLength(1)
  const folder = path.join(root, 'build', 'recipes')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${needle.replaceAll(/\W/g, '')}.mjs`)
  writeFileSync(file, found[0] as string)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

it('prom-client shows the heaps', () => {
  const page = runRecipe('measuring.md', 'prom-client')
  expect(page).toMatch(/^# TYPE ebb_heap_live_bytes gauge\nebb_heap_live_bytes\{heap="sessions"\} 48$/m)
  expect(page).toMatch(/^ebb_heap_mapped_bytes\{heap="sessions"\} 262144$/m)
  expect(page).toMatch(/^ebb_heap_resident_bytes\{heap="sessions"\} \d+$/m)
  expect(page).toMatch(/^# TYPE ebb_heap_discarded_bytes_total counter\nebb_heap_discarded_bytes_total 0$/m)
})

it('a meter of OpenTelemetry takes the metrics', () => {
  expect(runRecipe('measuring.md', '@opentelemetry/api')).toBe('')
})

it('the map of a heap is read', () => {
  expect(runRecipe('stats.md', 'heap.map()')).toContain('ledger')
})
