/** Child side: single operations, timed by tinybench. One operation is shorter than any clock, so a sample is a batch of them. */
import { makeDetachHappen } from '../common/detach'
import { fieldBatch } from './fields'
import { loadEbb } from './js-arms'
import { pairBatch } from './pairs'
import type { SingleOptions } from './protocol'
import { recordBatch } from './records'
import { textBatch } from './text'
import { viewBatch } from './views'
import type { Batch, Work } from './work'

/** Where results go that nobody needs. */
const sink: { value: unknown } = { value: undefined }

/** @throws MissingArm where the arm needs a package that is not installed */
export async function startSingle(
  arm: string,
  single: string,
  options: SingleOptions,
  library: string | undefined,
): Promise<Work> {
  const ebb = loadEbb(library)
  if (arm.startsWith('ebb')) makeDetachHappen()
  const batch = await makeBatch(arm, single, options, ebb)
  const { Bench } = await import('tinybench')
  return {
    async turn() {
      const bench = new Bench({ time: options.milliseconds, iterations: 5, warmup: false, throws: true })
      bench.add(arm, () => {
        sink.value = batch.run()
      })
      const [task] = await bench.run()
      const result = task?.result
      if (result?.state !== 'completed') throw new Error(`tinybench: ${arm} is ${result?.state ?? 'gone'}`)
      return [(result.latency.p50 * 1e6) / batch.operations]
    },
    finish: () => batch.finish?.(),
  }
}

function makeBatch(
  arm: string,
  single: string,
  options: SingleOptions,
  ebb: ReturnType<typeof loadEbb>,
): Batch | Promise<Batch> {
  if (single === 'pair') return pairBatch(arm, options, ebb)
  if (single === 'view') return viewBatch(arm, options, ebb)
  if (single.startsWith('text')) return textBatch(arm, single, options, ebb)
  if (single.startsWith('record')) return recordBatch(arm, single, options, ebb)
  return fieldBatch(arm, single, options, ebb)
}
