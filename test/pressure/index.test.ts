import { expect, it } from 'vitest'
import { onMemoryPressure, watchMemoryPressure } from '../../lib/pressure'

it('watches this process, whoever tells here, and ends', () => {
  const stop = onMemoryPressure(() => undefined, { share: 1 })
  const watch = watchMemoryPressure({ purge: true, hurry: 1000 })
  for (const source of watch.sources) expect(['cgroup', 'systemd', 'psi']).toContain(source)
  stop()
  watch.close()
  expect(watch.sources).toEqual([])
})
