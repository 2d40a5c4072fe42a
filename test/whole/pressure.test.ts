/** The kernel's own limit, where this user may set one: a cache that would outgrow it, with a listener and without. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runChild, said } from '../support/child'

const LIMIT = 128 * 2 ** 20

/** A group of version 1 or 2 with a limit; undefined where none can be made. */
function limitedGroup(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const own = readFileSync('/proc/self/cgroup', 'latin1')
  const kinds = [
    [
      /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
      '/sys/fs/cgroup/memory',
      'memory.limit_in_bytes',
      'memory.memsw.limit_in_bytes',
    ],
    [/^0::(.*)$/m, '/sys/fs/cgroup', 'memory.max', 'memory.swap.max'],
  ] as const
  for (const [line, mount, file, swap] of kinds) {
    const path = line.exec(own)?.[1]
    if (path === undefined) continue
    const folder = join(mount, path, `ebb-test-${process.pid}`)
    try {
      mkdirSync(folder)
    } catch {
      continue
    }
    try {
      writeFileSync(join(folder, file), String(LIMIT))
    } catch {
      rmdirSync(folder)
      continue
    }
    try {
      writeFileSync(join(folder, swap), swap === 'memory.swap.max' ? '0' : String(LIMIT))
    } catch {
      // The kernel does not count swap.
    }
    return folder
  }
  return undefined
}

const group = limitedGroup()
afterAll(() => {
  if (group !== undefined) rmdirSync(group)
})

/** Fills a cache with 200 MiB, half a MiB for each turn of the event loop. */
const fill = (listen: string): string => `
  require('node:fs').writeFileSync(${JSON.stringify(join(group ?? '', 'cgroup.procs'))}, String(process.pid))
  const { Cache, str, bytes } = require(${JSON.stringify(require.resolve('../../dist/collections/index.js'))})
  const { onMemoryPressure } = require(${JSON.stringify(require.resolve('../../dist/pressure/index.js'))})
  const cache = new Cache(new Heap(), { key: str, value: bytes, maxBytes: 400e6 })
  const told = []
  ${listen}
  const value = Buffer.alloc(4000, 7)
  let put = 0
  function turn() {
    for (let i = 0; i < 128; i++) cache.set('key ' + put++, value)
    if (put * 4000 < 200 * 2 ** 20) setImmediate(turn)
    else say({ told, entries: cache.size })
  }
  turn()`

describe.runIf(group !== undefined)('a cache that would outgrow what its group may have', () => {
  it('lives with a listener that shrinks it', async () => {
    const result = await runChild(
      fill(
        'onMemoryPressure((pressure) => { cache.shrinkTo(cache.byteLength / 2); told.push(pressure) }, { share: 0.7 })',
      ),
    )
    expect([result.code, result.signal, result.stderr]).toEqual([0, null, ''])
    const [{ told }] = said(result) as [{ told: { source: string; bytes: number; limit: number }[] }]
    expect(told.length).toBeGreaterThan(0)
    for (const { source, bytes, limit } of told) {
      expect([source, limit]).toEqual(['cgroup', LIMIT])
      expect(bytes).toBeGreaterThanOrEqual(0.7 * LIMIT)
    }
  })

  it('is killed without', async () => {
    const { signal, stdout } = await runChild(fill(''))
    expect([signal, stdout]).toEqual(['SIGKILL', ''])
  })
})
