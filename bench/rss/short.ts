/** \@thi.ng/malloc beside ebb on a short stretch: its cost grows with the square of the live blocks, and its memory is one fixed buffer. */
import { mib, table } from '../common/table'
import { readTrace } from '../traces/trace'
import { type Context, doing, say, withFlat } from './context'
import { EBB, MEM_POOL, openArm } from './drivers'

const OPERATIONS = 40_000

export async function shortStretch(context: Context): Promise<void> {
  const lines = await withFlat(readTrace('simulation'), async (file) => {
    const done: string[][] = []
    for (const arm of [EBB, MEM_POOL]) {
      doing(`short stretch: ${arm.name}`)
      const driver = await openArm(arm, file)
      const ns = await driver.run(0, OPERATIONS)
      done.push([arm.name, (ns / OPERATIONS).toFixed(0), mib(driver.look().growth)])
      await driver.close()
    }
    return done
  })
  say(`\nshort stretch: the first ${OPERATIONS} requests of "simulation", first round`)
  say(table(['', 'ns/op', 'resident growth, MiB'], lines))
  context.results.short = lines
}
