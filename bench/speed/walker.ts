/** A process that walks memory until it is ended: what a busy machine does to the caches of the others. */

/** More than any cache holds. */
const BYTES = 256 * 2 ** 20
/** One word of each line of a cache. */
const STEP = 64 / 4

const memory = new Int32Array(BYTES / 4)
process.on('disconnect', () => process.exit())

/** Some ms of walking; between them the process hears that its parent is gone. */
function walk(): void {
  for (let i = 0; i < memory.length; i += STEP) memory[i] = memory[i]! + 1
  setImmediate(walk)
}

walk()
