/** A process whose heap holds only garbage: it gets back to where it began without a call, and ends when its work is done. */
import { MIB, mib } from '../common/table'
import { TraceBuilder } from '../traces/trace'
import { type Context, withFlat } from './context'
import { EBB, openArm } from './drivers'

const GARBAGE_BYTES = 128 * MIB
const IDLE_MS = 1500
const BOUND_BYTES = 2 * MIB

/** An exit may not wait for the decay, which is 1000 ms. */
const EXIT_MS = 500

export async function idle({ promises, results }: Context): Promise<void> {
  const empty = new TraceBuilder(1)
  empty.free(empty.alloc(16))
  await withFlat(empty.finish('idle'), async (file) => {
    const driver = await openArm(EBB, file)
    // One round that is not measured: code, and tables of a heap that has seen this much.
    await driver.ask({ do: 'garbage', bytes: GARBAGE_BYTES })
    await driver.idle(IDLE_MS + 500)
    const before = driver.look().growth
    await driver.ask({ do: 'garbage', bytes: GARBAGE_BYTES })
    const full = driver.look().growth - before
    await driver.idle(IDLE_MS)
    const after = driver.look().growth - before
    await driver.ask({ do: 'garbage', bytes: GARBAGE_BYTES })
    const start = performance.now()
    await driver.close()
    const exitMs = performance.now() - start
    results.idle = { before, full, after, exitMs }
    promises.push(
      {
        name: `idle: ${mib(GARBAGE_BYTES)} MiB of garbage, 1.5 s later`,
        bound: `within ${mib(BOUND_BYTES)} MiB of the beginning`,
        measured: `${mib(after)} MiB (${mib(full)} MiB when dropped)`,
        isHeld: after <= BOUND_BYTES,
      },
      {
        name: 'idle: exits with garbage in its heap',
        bound: `within ${EXIT_MS} ms of its last work`,
        measured: `${exitMs.toFixed(0)} ms`,
        isHeld: exitMs <= EXIT_MS,
      },
    )
  })
}
