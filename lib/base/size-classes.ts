/**
 * Size classes: which block size serves a request, and how many pools a run of such blocks takes.
 *
 *     class   1 .. 32   16 .. 512 bytes in steps of 16: class = granules of a block (CPython's pymalloc, one pool each)
 *     class  33 .. 56   640 bytes .. 32 KiB, four per doubling, in runs of the fewest pools that lose at most RUN_LOSS_MAX
 *     class  57         a run that is one block: more than 32 KiB, as many pools as it takes
 *
 * Class 0 does not exist. A request of 0 bytes is served by class 1.
 */
import {
  GRANULE_BYTES,
  GRANULE_SHIFT,
  GRANULES_PER_POOL,
  MAP_WORDS,
  MEDIUM_MAX_BYTES,
  POOL_BYTES,
  RUN_LOSS_MAX,
  type SizeClass,
  SMALL_MAX_BYTES,
} from './layout'

const SMALL_CLASSES = SMALL_MAX_BYTES / GRANULE_BYTES
const SMALL_MAX_LOG2 = Math.log2(SMALL_MAX_BYTES)
const STEPS_PER_DOUBLING_LOG2 = 2
const STEPS_PER_DOUBLING = 1 << STEPS_PER_DOUBLING_LOG2
const MEDIUM_CLASSES = Math.log2(MEDIUM_MAX_BYTES / SMALL_MAX_BYTES) * STEPS_PER_DOUBLING
/** The class of a run that is one block. */
export const WHOLE_RUN = (SMALL_CLASSES + MEDIUM_CLASSES + 1) as SizeClass
/** Length of a table indexed by size class. */
export const CLASS_TABLE_LENGTH = WHOLE_RUN + 1

/** Size class of a request of 0..MEDIUM_MAX_BYTES bytes. */
export function sizeClassOf(byteLength: number): SizeClass {
  if (byteLength <= SMALL_MAX_BYTES) {
    return (byteLength === 0 ? 1 : (byteLength + GRANULE_BYTES - 1) >>> GRANULE_SHIFT) as SizeClass
  }
  const last = byteLength - 1
  const doubling = 31 - Math.clz32(last)
  const step = (last >>> (doubling - STEPS_PER_DOUBLING_LOG2)) & (STEPS_PER_DOUBLING - 1)
  return (SMALL_CLASSES + 1 + (doubling - SMALL_MAX_LOG2) * STEPS_PER_DOUBLING + step) as SizeClass
}

function deriveBlockBytes(sizeClass: number): number {
  if (sizeClass <= SMALL_CLASSES) return sizeClass << GRANULE_SHIFT
  const step = sizeClass - SMALL_CLASSES - 1
  const base = SMALL_MAX_BYTES << Math.floor(step / STEPS_PER_DOUBLING)
  return base + (base >> STEPS_PER_DOUBLING_LOG2) * ((step % STEPS_PER_DOUBLING) + 1)
}

function deriveRunPools(blockBytes: number): number {
  let pools = Math.ceil(blockBytes / POOL_BYTES)
  while ((pools * POOL_BYTES) % blockBytes > pools * POOL_BYTES * RUN_LOSS_MAX) pools++
  return pools
}

/** Medium classes differ by this many bytes at least: 128. */
const MEDIUM_STEP_SHIFT = SMALL_MAX_LOG2 - STEPS_PER_DOUBLING_LOG2
/** Size classes of requests of more than SMALL_MAX_BYTES, by the steps that they begin: a byte each, four cache lines. */
export const MEDIUM_CLASS = new Uint8Array((MEDIUM_MAX_BYTES >> MEDIUM_STEP_SHIFT) + 1)
for (let steps = 1; steps < MEDIUM_CLASS.length; steps++) MEDIUM_CLASS[steps] = sizeClassOf(steps << MEDIUM_STEP_SHIFT)

/** Bytes of a block, by size class (0 for WHOLE_RUN, whose length its record holds). */
export const BLOCK_BYTES = new Int32Array(CLASS_TABLE_LENGTH)
/** Pools of a run, by size class (0 for WHOLE_RUN). */
export const RUN_POOLS = new Int32Array(CLASS_TABLE_LENGTH)
/** Blocks of a run, by size class (1 for WHOLE_RUN). */
export const RUN_BLOCKS = new Int32Array(CLASS_TABLE_LENGTH)
/**
 * For each class of one-pool runs, MAP_WORDS words with a bit at every granule where a block starts. A free map holds
 * live bits only; `~live & starts` are the free blocks.
 */
export const START_BITS = new Int32Array(CLASS_TABLE_LENGTH * MAP_WORDS)

for (let sizeClass = 1; sizeClass < WHOLE_RUN; sizeClass++) {
  const blockBytes = deriveBlockBytes(sizeClass)
  const pools = deriveRunPools(blockBytes)
  BLOCK_BYTES[sizeClass] = blockBytes
  RUN_POOLS[sizeClass] = pools
  RUN_BLOCKS[sizeClass] = Math.floor((pools * POOL_BYTES) / blockBytes)
  if (pools > 1) continue
  const step = blockBytes >> GRANULE_SHIFT
  for (let granule = 0; granule + step <= GRANULES_PER_POOL; granule += step) {
    const word = sizeClass * MAP_WORDS + (granule >>> 5)
    START_BITS[word] = (START_BITS[word] as number) | (1 << (granule & 31))
  }
}
RUN_BLOCKS[WHOLE_RUN] = 1

/** Bytes of a block of the class. Not for WHOLE_RUN. */
export const blockBytesOf = (sizeClass: SizeClass): number => BLOCK_BYTES[sizeClass] as number
/** Pools of a run of the class. Not for WHOLE_RUN. */
export const runPoolsOf = (sizeClass: SizeClass): number => RUN_POOLS[sizeClass] as number
/** Blocks of a run of the class. */
export const runBlocksOf = (sizeClass: SizeClass): number => RUN_BLOCKS[sizeClass] as number
