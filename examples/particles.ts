/**
 * A particle simulation on records: particles that are born, fly, and die. They live in one block of records, walked by a cursor, so
 * that a million of them are no work for the garbage collector.
 *
 *     node build/js/examples/particles.js [particles] [steps]
 */
import { bool, f64, Heap, record, struct, u16 } from 'ebb'

const length = Number(process.argv[2] ?? 20_000)
const steps = Number(process.argv[3] ?? 100)

const heap = new Heap({ name: 'particles', decay: 0 })
const vector = struct({ x: f64, y: f64 })
const particle = record(heap, { at: vector, speed: vector, age: u16, isAlive: bool })
const block = particle.allocArray(length)
const cursor = particle.cursor(block, length)

let seed = 2026
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

let births = 0
let deaths = 0
const GRAVITY = -9.81
const TIME_STEP = 0.01

function step(): void {
  for (let i = 0; i < length; i++) {
    const p = cursor.at(i)
    if (!p.isAlive) {
      if (random() < 0.9) continue
      particle.assign(
        block,
        { at: { x: 0, y: 1 }, speed: { x: random() - 0.5, y: random() }, age: 0, isAlive: true },
        i,
      )
      births++
      continue
    }
    p.speed.y += GRAVITY * TIME_STEP
    p.at.x += p.speed.x * TIME_STEP
    p.at.y += p.speed.y * TIME_STEP
    p.age += 1
    if (p.at.y < 0) {
      p.isAlive = false
      deaths++
    }
  }
}

for (let i = 0; i < steps; i++) step()

let alive = 0
let height = 0
for (const p of cursor) {
  if (!p.isAlive) continue
  alive++
  height += p.at.y
}
if (alive !== births - deaths) throw new Error(`${alive} are alive, ${births} were born and ${deaths} have died`)
console.log(`${length} records of ${particle.byteLength} bytes, ${steps} steps`)
console.log(`born: ${births}, died: ${deaths}, alive: ${alive}, mean height ${(height / alive).toFixed(3)}`)
console.log('the first:', JSON.stringify(particle.toObject(block, 0)))
particle.free(block)
heap.purge()
console.log(`mapped after free: ${heap.stats().mappedBytes} bytes`)
heap.close()
