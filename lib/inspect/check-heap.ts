/**
 * The invariants of docs/design.md, each a function of the same name. `checkHeap` runs them all and throws EBB_CORRUPT with the
 * first contradiction. Tests call it after operations; EBB_CHECK=3 in the environment makes the heap call it itself.
 */
import { countBits, nextSet } from '../base/bits'
import { HeapError, showPointer } from '../base/errors'
import {
  FREE_POOLS_MAX,
  largePointer,
  POOL_BYTES,
  POOLS_PER_ARENA,
  type Pointer,
  type PoolIndex,
  pointerTo,
  poolOf,
  poolStart,
  type SizeClass,
  type Slot,
  slotOf,
} from '../base/layout'
import { CLASS_TABLE_LENGTH, runBlocksOf, WHOLE_RUN } from '../base/size-classes'
import {
  A_DIRTY_HIGH,
  A_DIRTY_LOW,
  A_FREE_HIGH,
  A_FREE_LOW,
  A_IS_LISTED,
  CLASS,
  dirtyPools,
  freePools,
  isFreePool,
  PINS,
  recordWord,
  runsOf,
  slotOfLedger,
  word,
} from '../books/ledger'
import { LONE_MAX_BYTES } from '../supply/large-blocks'
import type { HeapParts } from '../supply/parts'
import { takeStats } from './stats'

function must(holds: boolean, what: string): void {
  if (!holds) throw new HeapError('EBB_CORRUPT', `ebb: the books contradict themselves: ${what}`)
}

function* arenaLedgers({ table }: HeapParts): Generator<Int32Array> {
  for (const slot of table.slots()) if (table.isArena(slot)) yield table.ledger(slot)
}

/** 1. An arena is in a bucket iff it has free pools, and in the bucket of exactly that count. */
export function arenasAreInTheirBuckets(parts: HeapParts): void {
  const seen = new Set<number>()
  for (let bucket = 1; bucket <= FREE_POOLS_MAX; bucket++) {
    for (let slot = parts.arenas.usable.head(bucket); slot !== 0; slot = nextInBucket(parts, slot, bucket)) {
      must(!seen.has(slot), `arena ${slot} is linked twice`)
      seen.add(slot)
      must(
        freePools(parts.table.ledger(slot)) === bucket,
        `arena ${slot} is in bucket ${bucket} with ${freePools(parts.table.ledger(slot))} free pools`,
      )
    }
  }
  for (const ledger of arenaLedgers(parts)) {
    must(
      seen.has(slotOfLedger(ledger)) === freePools(ledger) > 0,
      `arena ${slotOfLedger(ledger)} with ${freePools(ledger)} free pools`,
    )
  }
}

function nextInBucket(parts: HeapParts, slot: Slot, bucket: number): Slot | 0 {
  const next = parts.arenas.usable.after(parts.table.ledger(slot))
  return next !== 0 && freePools(parts.table.ledger(next)) === bucket ? next : 0
}

/** 2. Free pools + pools in use == 63 in every arena, and the free count is that of the free map. */
export function poolsAddUp(parts: HeapParts): void {
  for (const ledger of arenaLedgers(parts)) {
    const free = countBits(word(ledger, A_FREE_LOW)) + countBits(word(ledger, A_FREE_HIGH))
    let used = 0
    for (const [, length] of runsOf(ledger)) used += length
    must(
      free === freePools(ledger),
      `arena ${slotOfLedger(ledger)} counts ${freePools(ledger)} free pools, its map ${free}`,
    )
    must(free + used === FREE_POOLS_MAX, `arena ${slotOfLedger(ledger)} has ${free} free pools and ${used} in use`)
    must(!isFreePool(ledger, 0 as PoolIndex), `the ledger of arena ${slotOfLedger(ledger)} is free`)
  }
}

/** 3. A run's count == its set bits; a used run is linked in its class's list exactly once; full, empty and pinned ones are in none. */
export function usedPoolsAreLinked(parts: HeapParts): void {
  const linked = new Map<Pointer, SizeClass>()
  for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) {
    for (let run = parts.used.head(c); run !== 0; run = parts.used.next(run)) {
      must(!linked.has(run), `run ${showPointer(run)} is linked twice`)
      linked.set(run, c)
    }
  }
  for (const ledger of arenaLedgers(parts)) {
    for (const [pool, length] of runsOf(ledger)) {
      const run = pointerTo(slotOfLedger(ledger), pool, 0)
      checkRun(parts, run, length, linked.get(run))
      linked.delete(run)
    }
  }
  must(linked.size === 0, `${linked.size} runs are linked that are not in use`)
}

function checkRun(parts: HeapParts, run: Pointer, length: number, linkedAs: SizeClass | undefined): void {
  const ledger = parts.table.ledger(slotOf(run))
  const pool = poolOf(run)
  const sizeClass = recordWord(ledger, pool, CLASS) as SizeClass
  const blocks = runBlocksOf(sizeClass)
  const live = parts.table.map.count(run, length)
  const isPinned = recordWord(ledger, pool, PINS) > 0
  const name = `run ${showPointer(run)} of class ${sizeClass}`
  const taken = parts.table.map.takenOf(run)
  if (sizeClass === WHOLE_RUN) must(taken === length, `${name} has ${length} pools, ${taken} are noted`)
  else must(taken === live, `${name} has ${live} live blocks, ${taken} are counted as taken`)
  must(live > 0, `${name} is in use without a live block`)
  must(
    (linkedAs === sizeClass) === (live < blocks && !isPinned),
    `${name} with ${live} of ${blocks} live blocks is linked as ${linkedAs}`,
  )
  for (let distance = 0; distance < length; distance++) {
    const next = (pool + distance) as PoolIndex
    const at = pointerTo(slotOf(run), next, 0)
    must(distance === 0 || recordWord(ledger, next, CLASS) === -distance, `${name}: pool ${next} does not point back`)
    const isMoving = parts.moving !== 0 && poolStart(parts.moving) === at
    const magazine = parts.table.map.magazineOf(at)
    must(
      magazine === (isPinned || isMoving ? 0 : sizeClass),
      `${name} sends frees in pool ${next} to magazine ${magazine}`,
    )
  }
}

/** 4. Live bytes + free bytes in used pools + free pools + ledgers + slack + kept == mapped bytes. */
export function statisticsAddUp(parts: HeapParts): void {
  const s = takeStats(parts, '')
  const sum = s.liveBytes + s.freeBlockBytes + s.freePoolBytes + s.ledgerBytes + s.slackBytes + s.keptBytes
  must(sum === s.mappedBytes, `statistics add up to ${sum}, mapped are ${s.mappedBytes}`)
}

/** 5. A dirty bit only on a free pool; arenas with dirty pools that can be discarded are listed. */
export function dirtyPoolsAreFree(parts: HeapParts): void {
  for (const ledger of arenaLedgers(parts)) {
    const slot = slotOfLedger(ledger)
    const stray =
      (word(ledger, A_DIRTY_LOW) & ~word(ledger, A_FREE_LOW)) |
      (word(ledger, A_DIRTY_HIGH) & ~word(ledger, A_FREE_HIGH))
    must(stray === 0, `arena ${slot} has dirty pools in use`)
    const isDirty = (word(ledger, A_DIRTY_LOW) | word(ledger, A_DIRTY_HIGH)) !== 0
    must(
      !isDirty || parts.arenas.dirty.groupPools > 1 || word(ledger, A_IS_LISTED) === 1,
      `arena ${slot} has dirty pools the purger does not know of`,
    )
  }
}

/** 6. Every slot of the table is an arena or a large block; such a block's slots have one live bit, at its start, and note its length. */
export function slotsAreAccountedFor(parts: HeapParts): void {
  const { table, large } = parts
  let arenaCount = 0
  let largeCount = 0
  for (const slot of table.own) {
    const isArena = table.isArena(slot)
    const isLarge = table.isLarge(slot)
    if (isArena) arenaCount++
    if (isLarge) largeCount++
    must(isArena || isLarge, `slot ${slot} is neither an arena nor a large block`)
    if (isArena) must(slotOfLedger(table.ledger(slot)) === slot, `slot ${slot} holds the ledger of another`)
    if (isLarge) hasOneBlock(parts, slot)
  }
  must(arenaCount === table.arenas, `${arenaCount} arenas in the table, ${table.arenas} counted`)
  must(largeCount === large.count, `${largeCount} large blocks in the table, ${large.count} counted`)
}

function hasOneBlock({ table, large, pins }: HeapParts, first: Slot): void {
  must(table.map.has(largePointer(first)), `large block ${first} is not live`)
  const live = table.map.count(pointerTo(first, 0 as PoolIndex, 0), table.space.slotsOf(first) * POOLS_PER_ARENA)
  must(live === 1, `${live} blocks are live in the slots of large block ${first}`)
  const pointer = largePointer(first)
  const bytes = large.byteLength(pointer)
  const pools = table.map.takenOf(pointer)
  must(pools * POOL_BYTES === bytes, `large block ${first} has ${bytes} bytes, ${pools} pools are noted`)
  const isLoose = bytes <= LONE_MAX_BYTES && !pins.has(pointer)
  const magazine = table.map.magazineOf(pointer)
  must(magazine === (isLoose ? WHOLE_RUN : 0), `large block ${first} is freed to magazine ${magazine}`)
}

/** 7. Pinned blocks are live, and each run counts its own. */
export function pinsAreLive(parts: HeapParts): void {
  const counted = new Map<string, number>()
  for (const pointer of parts.pins.keys()) {
    const slot = slotOf(pointer)
    if (parts.table.isLarge(slot)) continue
    const key = `${slot}`
    counted.set(key, (counted.get(key) ?? 0) + 1)
  }
  for (const ledger of arenaLedgers(parts)) {
    let pins = 0
    for (const [pool] of runsOf(ledger)) pins += recordWord(ledger, pool, PINS)
    must(
      pins === (counted.get(`${slotOfLedger(ledger)}`) ?? 0),
      `arena ${slotOfLedger(ledger)} counts ${pins} pinned blocks`,
    )
  }
}

/** 8. What is counted as it goes is what a walk finds: of each class the pools in use and the blocks taken, and the dirty pools. */
export function countsAreTrue(parts: HeapParts): void {
  const { counts, map } = parts.table
  const pools = new Int32Array(CLASS_TABLE_LENGTH)
  const taken = new Int32Array(CLASS_TABLE_LENGTH)
  let dirty = 0
  for (const ledger of arenaLedgers(parts)) {
    dirty += dirtyPools(ledger)
    for (const [pool, length] of runsOf(ledger)) {
      const sizeClass = recordWord(ledger, pool, CLASS)
      pools[sizeClass] = (pools[sizeClass] as number) + length
      const blocks = sizeClass === WHOLE_RUN ? 1 : map.takenOf(pointerTo(slotOfLedger(ledger), pool, 0))
      taken[sizeClass] = (taken[sizeClass] as number) + blocks
    }
  }
  for (let c = 0; c < CLASS_TABLE_LENGTH; c++) {
    must(pools[c] === counts.pools[c], `class ${c} has ${pools[c]} pools in use, ${counts.pools[c]} counted`)
    must(taken[c] === counts.taken[c], `class ${c} has ${taken[c]} blocks taken, ${counts.taken[c]} counted`)
  }
  must(dirty === counts.dirty, `${dirty} pools are dirty, ${counts.dirty} counted`)
}

/** Runs every check, with the magazines emptied first: then a run's taken blocks are its live ones. */
export function checkHeap(parts: HeapParts): void {
  parts.magazines.releaseAll()
  arenasAreInTheirBuckets(parts)
  poolsAddUp(parts)
  usedPoolsAreLinked(parts)
  statisticsAddUp(parts)
  dirtyPoolsAreFree(parts)
  slotsAreAccountedFor(parts)
  pinsAreLive(parts)
  countsAreTrue(parts)
}

/** Set bits of a 64-bit map, as pool indices. For tests. */
export function poolsIn(low: number, high: number): PoolIndex[] {
  const pools: PoolIndex[] = []
  for (let p = nextSet(low, high, 0); p < POOLS_PER_ARENA; p = nextSet(low, high, p + 1)) pools.push(p as PoolIndex)
  return pools
}
