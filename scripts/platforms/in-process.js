'use strict'
// The part of the test suite that needs no test runner and no child process: one plain script against the built package, for
// runtimes where vitest cannot run (node.exe under wine, node under qemu, Bun, Deno). Run it with --expose-gc.
//
//     node --expose-gc scripts/platforms/in-process.js [folder of the package]
//
// In the environment: EBB_PAGE, the OS page size that is expected in bytes; EBB_EMULATED=1 under an emulator, where the kernel is
// another than the program believes; SEED repeats the random part. Ends with `N passed, N failed, N skipped` and a line of JSON.
const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')

const folder = path.resolve(process.argv[2] ?? path.join(__dirname, '..', '..'))
const { Heap, HeapError } = require(folder)
const { checkHeap, loadAddon, osPagesOf, partsOf } = require(path.join(folder, 'dist', 'inside.js'))

const KIB = 1024
const MIB = 1024 * KIB
/** More than a block near by can have. */
const FAR_BYTES = 240 * MIB
const isEmulated = process.env.EBB_EMULATED === '1'
const seed = Number(process.env.SEED ?? 20261122)
const addon = loadAddon(folder)
const os = osPagesOf(addon)
const page = os.osPageSize
const gc = globalThis.gc ?? (globalThis.Bun && (() => globalThis.Bun.gc(true)))

const checks = []
const check = (name, body, skip) => checks.push({ name, body, skip })

/** Resident bytes of the process: from the kernel where it tells, because Node under qemu-user says 0. */
function rss() {
  if (process.platform !== 'linux') return process.memoryUsage.rss()
  // statm counts pages of the kernel's size, which under an emulator is not the one the program sees.
  const pages = Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1])
  return pages * (isEmulated ? 4 * KIB : page)
}

/** xorshift32: the same numbers everywhere. */
function generator(start) {
  let state = start | 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

async function until(condition, milliseconds) {
  for (const end = Date.now() + milliseconds; Date.now() < end && !condition(); ) {
    gc?.()
    await sleep(10)
  }
  return condition()
}

function thrownBy(call) {
  try {
    call()
  } catch (error) {
    return error
  }
  return assert.fail('nothing was thrown')
}

const sum = (bytes) => bytes.reduce((total, byte) => total + byte, 0)
/** Whether the kernel's word on single pages is in the pages the program sees. */
const residentSkip = isEmulated && page !== 4 * KIB ? 'the kernel below the emulator has pages of its own' : undefined

check('the OS page size is asked for at run time', () => {
  assert.ok(page >= 4 * KIB && (page & (page - 1)) === 0, `${page}`)
  if (process.env.EBB_PAGE) assert.equal(page, Number(process.env.EBB_PAGE))
})

/** A fresh region and all of its bytes. */
function reserved(pages) {
  const region = os.reserve(pages * page)
  return { region, bytes: new Uint8Array(region.buffer, 0, pages * page) }
}

check('a region reads zero, is shared memory where the runtime has it, and keeps what is written', () => {
  const { region, bytes } = reserved(16)
  assert.equal(sum(bytes), 0)
  bytes.fill(7)
  assert.equal(sum(bytes), 7 * 16 * page)
  assert.ok(region.buffer instanceof SharedArrayBuffer || globalThis.Bun !== undefined)
  region.clear(page + 1, 5)
  region.copy(0, 3, region, page + 2)
  assert.deepEqual([...bytes.subarray(page, page + 7)], [7, 0, 7, 7, 7, 0, 7])
})

check('a discarded range reads zero, can be written again, and its neighbours stay', () => {
  const { region, bytes } = reserved(8)
  bytes.fill(1)
  for (const way of ['discard', 'renew', 'discard']) {
    region[way](2 * page, 3 * page)
    assert.equal(sum(bytes.subarray(2 * page, 5 * page)), 0)
    assert.equal(sum(bytes), 5 * page)
    bytes.fill(1)
  }
})

check(
  'residentPages follows touch and discard',
  () => {
    const { region, bytes } = reserved(8)
    bytes[3 * page] = 1
    bytes[5 * page] = 1
    const touched = sum(region.residentPages(0, 8 * page))
    region.discard(0, 8 * page)
    assert.deepEqual([touched, sum(region.residentPages(0, 8 * page))], [2, 0])
  },
  residentSkip,
)

check(
  'a part is counted until it is collected, and keeps its region mapped',
  async () => {
    const counts = new Int32Array(reserved(1).region.buffer, 0, 1)
    const holder = os.reserve(page)
    const hold = new Int32Array(holder.buffer, 0, 1)
    let view = new Uint8Array(os.reserve(64 * page).part(page, 2 * page, holder, 0))
    gc?.()
    await sleep(10)
    view.fill(3)
    assert.deepEqual([view.length, sum(view), hold[0], counts[0]], [2 * page, 6 * page, 1, 0])
    view = undefined
    assert.ok(await until(() => hold[0] === 0, 5000), `${hold[0]}`)
  },
  globalThis.Bun ? 'JavaScriptCore finds its address on the stack' : undefined,
)

check('pages move to another region or stay where they are', () => {
  const [source, target] = [reserved(4), reserved(9)]
  source.bytes.fill(9)
  const hasMoved = source.region.move(0, 4 * page, target.region, page, 8 * page)
  const [from, to] = [sum(source.bytes), sum(target.bytes)]
  assert.deepEqual([from, to], hasMoved ? [0, 36 * page] : [36 * page, 0])
})

check('the addon refuses arguments that cannot be', () => {
  const own = addon.sharesPages ? addon.reserve(2 * page, true) : addon.reserve(2 * page, false)
  for (const wrong of [undefined, null, '4096', {}, 4096n])
    assert.ok(thrownBy(() => addon.reserve(wrong, false)) instanceof TypeError)
  for (const wrong of [0, -page, 1, page + 1, NaN, Infinity, 2 ** 53]) {
    assert.ok(thrownBy(() => addon.reserve(wrong, false)) instanceof RangeError, `${wrong}`)
  }
  for (const range of [
    [-page, page],
    [0, 3 * page],
    [page, 2 * page],
    [1, page],
    [0, 0],
  ]) {
    assert.ok(thrownBy(() => addon.discard(own.id, ...range)) instanceof RangeError, `${range}`)
  }
  for (const wrong of [new ArrayBuffer(page), undefined, 1e6, -1]) {
    assert.ok(thrownBy(() => addon.discard(wrong, 0, page)) instanceof TypeError)
  }
})

check('an error of the OS carries its code, number and system call', () => {
  const error = thrownBy(() => addon.reserve(2 ** 47, false))
  const [code, errno, syscall] =
    process.platform === 'win32'
      ? [
          /^ERROR_(NOT_ENOUGH_MEMORY|INVALID_PARAMETER|COMMITMENT_LIMIT|INVALID_ADDRESS)$/,
          /^-(8|87|1455|487)$/,
          'VirtualAlloc',
        ]
      : [/^ENOMEM$/, /^-12$/, 'mmap']
  assert.match(String(error.code), code)
  assert.match(String(error.errno), errno)
  assert.equal(error.syscall, syscall)
  assert.match(error.message, code.source.startsWith('^ENOMEM') ? /ENOMEM: .+, mmap/ : /ERROR_\w+: .+, VirtualAlloc/)
})

/** Random operations against a table of what each block must hold; the books are checked on the way. */
function modelTest(heap, operations, below) {
  const blocks = []
  const size = () => [below(64), below(513), below(6000), below(40) === 0 ? below(400_000) : below(300)][below(4)]
  const write = (block) => heap.bytes(block.pointer, block.size).fill(block.mark)
  const verify = ({ pointer, size: length, mark }) => {
    const bytes = heap.bytes(pointer, length)
    for (let i = 0; i < length; i += 1 + (length >> 4)) assert.equal(bytes[i], mark)
    if (length > 0) assert.equal(bytes[length - 1], mark)
  }
  for (let i = 0; i < operations; i++) {
    const kind = below(16)
    if (blocks.length === 0 || (kind < 8 && blocks.length < 4000)) {
      const length = size()
      const pointer = kind === 0 ? heap.allocZeroed(length) : heap.alloc(length)
      if (kind === 0) assert.equal(sum(heap.bytes(pointer, length)), 0)
      const block = { pointer, size: length, mark: 1 + below(255) }
      write(block)
      blocks.push(block)
    } else {
      const index = below(blocks.length)
      const block = blocks[index]
      verify(block)
      if (kind < 10) {
        const length = size()
        block.pointer = heap.realloc(block.pointer, length)
        const kept = Math.min(length, block.size)
        if (kept > 0) assert.equal(heap.getUint8(block.pointer, kept - 1), block.mark)
        block.size = length
        write(block)
      } else {
        heap.free(block.pointer)
        blocks[index] = blocks.at(-1)
        blocks.pop()
      }
    }
    if (i % 997 === 0) checkHeap(partsOf(heap))
    if (i % 4999 === 0) heap.purge()
  }
  for (const block of blocks) verify(block)
  for (const { pointer } of blocks) heap.free(pointer)
}

for (const decay of [0, 1000, Infinity]) {
  check(`20000 random operations keep every byte and add up, decay ${decay}`, () => {
    const heap = new Heap({ decay })
    modelTest(heap, 20_000, generator(seed))
    checkHeap(partsOf(heap))
    assert.equal(heap.stats().blocks, 0)
    heap.purge()
    checkHeap(partsOf(heap))
    heap.close()
  })
}

check('wrong pointers and sizes are refused with their code, and change nothing', () => {
  const heap = new Heap()
  const pointer = heap.alloc(100)
  const other = heap.alloc(100)
  heap.free(other)
  const refused = [
    [() => heap.free(other), 'EBB_DOUBLE_FREE'],
    [() => heap.free(pointer + 1), 'EBB_INVALID_POINTER'],
    [() => heap.free(0x7fffffff), 'EBB_INVALID_POINTER'],
    [() => heap.free(-1), 'EBB_INVALID_POINTER'],
    [() => heap.bytes(pointer, 1000), 'EBB_OUT_OF_BOUNDS'],
  ]
  for (const [call, code] of refused) {
    const error = thrownBy(call)
    assert.ok(error instanceof HeapError, String(error))
    assert.equal(error.code, code)
  }
  assert.ok(thrownBy(() => heap.alloc('1')) instanceof TypeError)
  for (const size of [-1, 1.5, NaN, Infinity, 2 ** 53])
    assert.ok(thrownBy(() => heap.alloc(size)) instanceof RangeError, `${size}`)
  checkHeap(partsOf(heap))
  assert.equal(heap.stats().blocks, 1)
  heap.close()
  assert.equal(thrownBy(() => heap.alloc(1)).code, 'EBB_CLOSED')
})

check('a limit is kept', () => {
  const heap = new Heap({ limit: 4 * MIB })
  const error = thrownBy(() => {
    for (;;) heap.alloc(1000)
  })
  assert.equal(error.code, 'EBB_LIMIT')
  assert.ok(heap.stats().mappedBytes <= 4 * MIB)
  checkHeap(partsOf(heap))
  heap.close()
})

check('large and aligned blocks lie where they should and go back', () => {
  const heap = new Heap({ decay: 0 })
  const before = heap.stats().mappedBytes
  const large = heap.alloc(10 * MIB)
  heap.bytes(large).fill(3)
  const grown = heap.realloc(large, 20 * MIB)
  assert.equal(heap.getUint8(grown, 10 * MIB - 1), 3)
  for (const alignment of [16, 256, 4096]) {
    const pointer = heap.allocAligned(alignment + 1, alignment)
    assert.equal(heap.bytes(pointer).byteOffset % alignment, 0)
    heap.free(pointer)
  }
  heap.free(grown)
  heap.purge()
  checkHeap(partsOf(heap))
  assert.ok(heap.stats().mappedBytes - before <= 256 * KIB)
  heap.close()
})

const resident = {}
check('the resident set of the process rises with blocks and falls when they are freed', async () => {
  const wanted = 64 * MIB
  const size = 496
  const warm = new Heap()
  warm.freeMany(warm.allocMany(size, new Int32Array(4000)))
  warm.close()
  const pointers = new Int32Array(Math.floor(wanted / size)).fill(1)
  const heap = new Heap({ decay: Infinity })
  gc?.()
  if (globalThis.Bun) await sleep(2000) // its own allocator gives memory back meanwhile
  resident.before = rss()
  heap.allocMany(size, pointers)
  for (const pointer of pointers) heap.setUint32(pointer, 0, pointer)
  resident.full = rss()
  for (const pointer of pointers) assert.equal(heap.getUint32(pointer, 0), pointer)
  heap.freeMany(pointers)
  heap.purge()
  gc?.()
  resident.after = rss()
  checkHeap(partsOf(heap))
  heap.close()
  const shown = JSON.stringify(resident)
  assert.ok(resident.full - resident.before > 0.9 * wanted, shown)
  assert.ok(resident.after - resident.before < 0.2 * wanted, shown)
})

check('an idle heap gives its memory back by itself after decay', async () => {
  const heap = new Heap({ decay: 50 })
  const pointers = heap.allocMany(1000, new Int32Array(8000))
  const kept = pointers[0]
  heap.setUint32(kept, 0, 12345)
  const full = heap.stats().mappedBytes
  heap.freeMany(pointers.subarray(1))
  await until(() => heap.stats().mappedBytes < full / 8, 5000)
  assert.ok(heap.stats().mappedBytes < full / 8, `${heap.stats().mappedBytes} of ${full} bytes mapped`)
  if (residentSkip === undefined)
    assert.ok(heap.residentBytes() <= 64 * KIB + 3 * page, `${heap.residentBytes()} resident`)
  assert.equal(heap.getUint32(kept, 0), 12345)
  checkHeap(partsOf(heap))
  heap.close()
})

check('pools that share an OS page go back only together, and what is live in them stays', () => {
  const heap = new Heap({ decay: Infinity })
  const pointers = heap.allocMany(512, new Int32Array(8 * 63 * 8))
  for (const pointer of pointers) heap.setUint32(pointer, 508, pointer)
  // One live block in every 16 KiB: with OS pages of 4 KiB three pools of four go back, with larger ones none.
  const kept = pointers.filter((_, index) => index % 32 === 0)
  heap.freeMany(pointers.filter((_, index) => index % 32 !== 0))
  const given = heap.purge()
  checkHeap(partsOf(heap))
  for (const pointer of kept) assert.equal(heap.getUint32(pointer, 508), pointer)
  if (page >= 16 * KIB) assert.ok(given <= 8 * 2 * page, `${given} bytes went back`)
  else assert.ok(given >= 8 * 63 * 4 * KIB * 0.7, `${given} bytes went back`)
  heap.freeMany(kept)
  heap.purge()
  checkHeap(partsOf(heap))
  assert.equal(heap.stats().blocks, 0)
  heap.close()
})

check('compact empties sparse pools and tells where every block went', () => {
  const heap = new Heap({ decay: 0 })
  const pointers = heap.allocMany(64, new Int32Array(50_000))
  const kept = new Map()
  pointers.forEach((pointer, index) => {
    heap.setUint32(pointer, 60, index)
    if (index % 50 === 0) kept.set(pointer, index)
    else heap.free(pointer)
  })
  const before = heap.stats().mappedBytes
  const result = heap.compact((from, to) => {
    kept.set(to, kept.get(from))
    kept.delete(from)
  })
  assert.ok(result.done && result.moved > 0, JSON.stringify(result))
  heap.purge()
  checkHeap(partsOf(heap))
  assert.ok(heap.stats().mappedBytes < before / 4)
  for (const [pointer, index] of kept) assert.equal(heap.getUint32(pointer, 60), index)
  heap.close()
})

check(
  'a heap that is dropped gives everything back when it is collected',
  async () => {
    const { slots, space } = (() => {
      const heap = new Heap({ decay: Infinity })
      heap.allocMany(512, new Int32Array(20_000))
      heap.alloc(1e6)
      heap.alloc(FAR_BYTES)
      return { slots: partsOf(heap).table.slots(), space: partsOf(heap).space }
    })()
    assert.ok(slots.length > 30 && !slots.some((slot) => space.isFree(slot)))
    const held = () => slots.filter((slot) => !space.isFree(slot))
    assert.ok(await until(() => held().length === 0, 10_000), `${held()}`)
  },
  gc ? undefined : 'no gc() in this runtime',
)

check('large blocks grow where they are, move, and go back', () => {
  const heap = new Heap()
  let pointer = heap.alloc(1e6)
  for (let byteLength = 1e6; byteLength < 8e6; byteLength += 700_000) {
    heap.setFloat64(pointer, byteLength - 8, byteLength)
    heap.alloc(300_000) // in the way
    pointer = heap.realloc(pointer, byteLength + 700_000)
  }
  for (let byteLength = 1e6; byteLength < 8e6; byteLength += 700_000) {
    assert.equal(heap.getFloat64(pointer, byteLength - 8), byteLength)
  }
  checkHeap(partsOf(heap))
  heap.free(pointer)
  heap.purge()
  const zeroed = heap.allocZeroed(8e6)
  assert.ok(heap.copyOut(zeroed).every((byte) => byte === 0))
  heap.close()
})

check('accessors read near and far memory, refuse what is neither, and a closed heap', () => {
  const heap = new Heap()
  const [near, far] = [heap.alloc(100), heap.alloc(FAR_BYTES)]
  for (let round = 0; round < 1000; round++) {
    for (const pointer of [near, far]) {
      heap.setInt32(pointer, 4, round)
      heap.setFloat64(pointer, 8, round / 2)
      heap.setUint8(pointer, 17, round & 255)
      assert.equal(heap.getInt32(pointer, 4), round)
      assert.equal(heap.getFloat64(pointer, 8), round / 2)
      assert.equal(heap.getUint8(pointer, 17), round & 255)
    }
    if (round % 100 === 50) assert.equal(thrownBy(() => heap.getInt32(0, 0)).code, 'EBB_INVALID_POINTER')
  }
  heap.close()
  for (const pointer of [near, far]) assert.equal(thrownBy(() => heap.getInt32(pointer, 4)).code, 'EBB_CLOSED')
})

check(
  'an ArrayBuffer that is taken away does no harm',
  () => {
    const heap = new Heap()
    const pointer = heap.alloc(100)
    heap.bytes(pointer).fill(3)
    const taken = heap.bytes(pointer).buffer.transfer()
    assert.equal(heap.getUint8(pointer, 99), 3)
    assert.equal(heap.bytes(pointer)[99], 3)
    assert.equal(taken.byteLength, 256 * 1024)
    heap.free(pointer)
    const large = heap.alloc(1e6)
    heap.setUint8(large, 999_999, 7)
    heap.bytes(large).buffer.transfer()
    assert.equal(heap.getUint8(large, 999_999), 7)
    heap.free(large)
    const far = heap.alloc(FAR_BYTES)
    heap.bytes(far).buffer.transfer()
    heap.setUint8(far, FAR_BYTES - 1, 7)
    assert.equal(heap.bytes(far)[FAR_BYTES - 1], 7)
    heap.free(far)
    heap.free(heap.alloc(100))
    checkHeap(partsOf(heap))
    heap.close()
  },
  ArrayBuffer.prototype.transfer ? undefined : 'this runtime has no ArrayBuffer.prototype.transfer',
)

check('a heap in a worker thread is its own and ends with it', async () => {
  const { Worker } = require('node:worker_threads')
  const source = `
    const { Heap } = require(${JSON.stringify(folder)})
    const heap = new Heap()
    const pointer = heap.alloc(1000)
    heap.bytes(pointer).fill(5)
    require('node:worker_threads').parentPort.postMessage(heap.getUint8(pointer, 999))`
  const worker = new Worker(source, { eval: true })
  const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  assert.equal(answer, 5)
})

const totals = { passed: 0, failed: 0, skipped: [] }

async function main() {
  console.log(`${process.platform}-${process.arch}, ${process.version}, OS pages of ${page} bytes, seed ${seed}`)
  for (const { name, body, skip } of checks) {
    if (skip !== undefined) {
      totals.skipped.push(`${name}: ${skip}`)
      console.log(`skipped  ${name} (${skip})`)
      continue
    }
    try {
      await body()
      totals.passed++
      console.log(`passed   ${name}`)
    } catch (error) {
      totals.failed++
      console.log(`FAILED   ${name}\n${error.stack}`)
    }
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`)
  console.log(JSON.stringify({ ...totals, page, resident }))
  process.exitCode = totals.failed === 0 ? 0 : 1
}

main()
