/** Commands on blocks: bytes, texts, records, pins. */
import fc from 'fast-check'
import { type Command, command, size, which } from './command'
import { type Block, type Home, refuses, same, type World, within } from './world'

const has = (world: World, n: number): boolean => world.home(n).blocks.length > 0
const pick = (home: Home, n: number): Block => home.blocks[n % home.blocks.length] as Block

function put(home: Home, pointer: Block['pointer'] | undefined, bytes: Uint8Array, rest: Partial<Block> = {}): void {
  if (pointer === undefined) return
  home.dead = undefined
  home.blocks.push({ pointer, bytes, isFollowed: false, pins: 0, ...rest })
}

const alloc = command('alloc', [which, size, fc.boolean()], (world, n, byteLength, isZeroed) => {
  const home = world.home(n)
  const pointer = within(home, () => (isZeroed ? home.heap.allocZeroed(byteLength) : home.heap.alloc(byteLength)))
  if (pointer === undefined) return
  if (isZeroed) same(home.heap.copyOut(pointer, byteLength), new Uint8Array(byteLength), 'zeroed bytes')
  const bytes = world.noise(byteLength)
  home.heap.copyIn(pointer, bytes)
  put(home, pointer, bytes)
})

const allocAligned = command('allocAligned', [which, size, fc.nat(12)], (world, n, byteLength, power) => {
  const home = world.home(n)
  const pointer = within(home, () => home.heap.allocAligned(byteLength, 2 ** power))
  if (pointer === undefined) return
  same((pointer * 16) % 2 ** power, 0, 'alignment')
  const bytes = world.noise(byteLength)
  home.heap.bytes(pointer).set(bytes)
  put(home, pointer, bytes)
})

const allocMany = command('allocMany', [which, fc.nat(300), fc.nat(9)], (world, n, byteLength, count) => {
  const home = world.home(n)
  const pointers = within(home, () => home.heap.allocMany(byteLength, new Int32Array(count)))
  for (const pointer of pointers ?? []) {
    const bytes = world.noise(byteLength)
    home.heap.copyIn(pointer as Block['pointer'], bytes)
    put(home, pointer as Block['pointer'], bytes)
  }
})

const TEXTS = ['', 'a', 'plain', 'déjà vu', '雪\u{1f30a}', 'long '.repeat(900)]
const text = fc.constantFrom(...TEXTS)

const allocString = command('allocString', [which, text], (world, n, chars) => {
  const home = world.home(n)
  const pointer = within(home, () => home.heap.allocString(chars))
  if (pointer === undefined) return
  same(home.heap.stringByteLength(pointer), Buffer.byteLength(chars), 'stringByteLength')
  put(home, pointer, new Uint8Array(4 + Buffer.byteLength(chars)), { text: chars })
})

const equalsString = command(
  'equalsString',
  [which, which, text],
  (world, n, m, chars) => {
    const block = pick(world.home(n), m)
    if (block.text !== undefined)
      same(world.home(n).heap.equalsString(block.pointer, chars), block.text === chars, 'equal')
  },
  has,
)

const allocRecord = command('record.fromObject', [which, fc.nat(255), which], (world, n, tag, m) => {
  const home = world.home(n)
  const next = home.blocks.length === 0 || m % 3 === 0 ? undefined : pick(home, m)
  const record = { tag, x: tag / 3, next }
  const pointer = within(home, () => home.nodes.fromObject({ ...record, next: next?.pointer ?? 0 }))
  if (pointer === undefined) return
  home.nodes.follow(pointer)
  put(home, pointer, new Uint8Array(home.nodes.byteLength), { record, isFollowed: true })
})

const setField = command(
  'field.set',
  [which, which, fc.double()],
  (world, n, m, x) => {
    const home = world.home(n)
    const { pointer, record } = pick(home, m)
    if (record === undefined) return
    home.nodes.fields.x.set(pointer, x)
    record.x = x
    const row = home.nodes.cursor(pointer).row
    same([row.tag, row.x], [record.tag, x], 'row of a cursor')
  },
  has,
)

/** Takes a block out of the model; records that point to it point nowhere then. */
function forget(home: Home, block: Block): void {
  home.blocks.splice(home.blocks.indexOf(block), 1)
  for (const other of home.blocks) {
    if (other.record?.next !== block) continue
    other.record.next = undefined
    home.nodes.fields.next.set(other.pointer, 0)
  }
  home.dead = block.pointer
}

const free = command(
  'free',
  [which, which],
  (world, n, m) => {
    const home = world.home(n)
    const block = pick(home, m)
    if (block.pins > 0) return refuses(() => home.heap.free(block.pointer), 'EBB_PINNED')
    forget(home, block)
    if (block.isFollowed) home.nodes.free(block.pointer)
    else home.heap.free(block.pointer)
  },
  has,
)

const freeMany = command(
  'freeMany',
  [which, fc.nat(20)],
  (world, n, count) => {
    const home = world.home(n)
    const gone = home.blocks.filter(({ pins, isFollowed }) => pins === 0 && !isFollowed).slice(0, count)
    for (const block of gone) forget(home, block)
    home.heap.freeMany(gone.map(({ pointer }) => pointer))
  },
  has,
)

const realloc = command(
  'realloc',
  [which, which, size],
  (world, n, m, byteLength) => {
    const home = world.home(n)
    const block = pick(home, m)
    if (block.pins > 0) return refuses(() => home.heap.realloc(block.pointer, byteLength), 'EBB_PINNED')
    if (block.text !== undefined || block.record !== undefined) return
    const pointer = within(home, () => home.heap.realloc(block.pointer, byteLength))
    if (pointer === undefined) return
    const kept = Math.min(block.bytes.length, byteLength)
    same(home.heap.copyOut(pointer, kept), block.bytes.slice(0, kept), 'bytes that realloc keeps')
    block.bytes = world.noise(byteLength)
    home.heap.copyIn(pointer, block.bytes)
    block.pointer = pointer
    home.dead = undefined
    for (const { record, pointer: at } of home.blocks)
      if (record?.next === block) home.nodes.fields.next.set(at, pointer)
  },
  has,
)

/** Accessors of every kind, at any offset of the block. */
const KINDS = [
  'Int8',
  'Uint8',
  'Int16',
  'Uint16',
  'Int32',
  'Uint32',
  'Float32',
  'Float64',
  'BigInt64',
  'BigUint64',
] as const

const access = command(
  'set',
  [which, which, fc.constantFrom(...KINDS), which, fc.maxSafeInteger()],
  (world, n, m, kind, offset, value) => {
    const { heap } = world.home(n)
    const { bytes, text, record, pointer } = pick(world.home(n), m)
    const width = new DataView(new ArrayBuffer(8))[`get${kind}`](0) === 0n ? 8 : Number(/\d+/.exec(kind)?.[0]) / 8
    if (text !== undefined || record !== undefined || bytes.length < width) return
    const at = offset % (bytes.length - width + 1)
    const number = kind.startsWith('Big') ? BigInt(value) : value
    const view = new DataView(bytes.buffer)
    view[`set${kind}`](at, number as never, true)
    heap[`set${kind}`](pointer, at, number as never)
    same(heap[`get${kind}`](pointer, at), view[`get${kind}`](at, true), `get${kind}`)
  },
  has,
)

const copyIn = command(
  'copyIn',
  [which, which, which],
  (world, n, m, offset) => {
    const { heap } = world.home(n)
    const { bytes, text, record, pointer } = pick(world.home(n), m)
    if (text !== undefined || record !== undefined) return
    const at = offset % (bytes.length + 1)
    const part = world.noise(Math.min(99, bytes.length - at))
    bytes.set(part, at)
    same(heap.copyIn(pointer, part, at), part.length, 'bytes copied')
  },
  has,
)

const pin = command(
  'pin',
  [which, which],
  (world, n, m) => {
    const block = pick(world.home(n), m)
    world.home(n).heap.pin(block.pointer)
    block.pins++
  },
  has,
)

const unpin = command(
  'unpin',
  [which, which],
  (world, n, m) => {
    const { heap } = world.home(n)
    const block = pick(world.home(n), m)
    if (block.pins === 0) return refuses(() => heap.unpin(block.pointer), 'EBB_PINNED')
    heap.unpin(block.pointer)
    block.pins--
  },
  has,
)

/** A pointer that is dead, of another heap, or into a block is refused by every call that asks. */
const wrong = command(
  'wrong pointer',
  [which, which],
  (world, n, m) => {
    const { heap, dead } = world.home(n)
    const other = world.home(n + 1)
    const wrongs = [dead, other.heap === heap ? undefined : pick(other, m)?.pointer]
    for (const pointer of wrongs) {
      if (pointer === undefined) continue
      same(heap.isLive(pointer), false, `isLive(${pointer})`)
      const codes = ['EBB_DOUBLE_FREE', 'EBB_INVALID_POINTER', 'EBB_MOVED']
      refuses(() => heap.free(pointer), ...codes)
      refuses(() => heap.realloc(pointer, 40), ...codes)
      refuses(() => heap.usableSize(pointer), ...codes)
      refuses(() => heap.bytes(pointer), ...codes)
      refuses(() => heap.pin(pointer), ...codes)
      refuses(() => heap.readString(pointer), ...codes)
    }
  },
  (world, n) => world.home(n).dead !== undefined || has(world, n + 1),
)

export const BLOCK_COMMANDS: readonly fc.Arbitrary<Command>[] = [
  alloc,
  alloc,
  allocAligned,
  allocMany,
  allocString,
  allocRecord,
  setField,
  equalsString,
  free,
  free,
  freeMany,
  realloc,
  realloc,
  access,
  copyIn,
  pin,
  unpin,
  wrong,
]
