'use strict'
/** One hostile call after the other: which method of what, with which arguments. */
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { types } = require('node:util')
const { acting, FIXED, fresh, NUMBERS, TEXTS, Thrown, throws } = require('./oddities')
const { CLASSES, ebb, FUNCTIONS, World } = require('./world')

/** Calls that a callback of a callback makes no more. */
const DEPTH = 3
/** How often the arguments of one call act. */
const ACTS = 300
const POINTERS = 60
/** Each starts timers, threads, servers: one in so many calls. */
const SELDOM = 2000
const SELDOM_CALLED = new Set([
  'serve',
  'onMemoryPressure',
  'watchMemoryPressure',
  'sampleRss',
  'registerMetrics',
  'start',
  'mark',
  'residentBytes',
])
/** Ends or empties what the world needs for the rest of the run: one in so many. */
const ENDING = new Set(['close', 'clear', Symbol.dispose, 'shrinkTo'])

/** Words of the code in docs/api.md: a method of a heap that it does not name is not public. */
const API = readFileSync(path.join(__dirname, '..', '..', 'docs', 'api.md'), 'utf8')
const NAMED = new Set(API.match(/`[^`\n]+`/g).flatMap((code) => code.match(/\w+/g) ?? []))

/** Public methods and properties of what is no heap, as docs/api.md has them. */
const ITERATES = 'keys values entries forEach clear close toJSON byteLength'
const FACES = {
  Dict: `${ITERATES} size get getOr getOrInsert getInto set has delete reserve`,
  HashSet: `${ITERATES} size add has delete reserve`,
  List:
    'kind length get set at push pop unshift shift insert remove slice fill indexOf includes sort forEach toArray toJSON ' +
    'pushAll copyOut clear close byteLength',
  Cache: `${ITERATES} size get getInto peek has set delete purgeStale resize shrinkTo stats`,
  Tree: 'get size toObject toJSON close byteLength',
  RssRecorder: 'start stop mark samples isRunning error pid interval toCsv',
}

/** All names of public methods and properties of an object. */
function membersOf(object, face) {
  if (face !== undefined)
    return [...FACES[face].split(' '), Symbol.dispose, Symbol.iterator].filter((name) => name in object)
  const names = new Set()
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Reflect.ownKeys(at))
      if (name !== 'constructor' && (typeof name === 'symbol' || NAMED.has(name))) names.add(name)
  return [...names]
}

/** What an accessor, a field or a row writes with: no code of the caller runs between its check and its write. */
const isWriter = (name) => typeof name === 'string' && /^set[A-Z]/.test(name)

class Caller {
  /** The call under way, for a report. */
  now = ''
  #random
  #depth = 0
  /** How often arguments of the call under way have acted. */
  #acts = 0
  #members = new Map()
  #judge
  world = new World()
  /** Told of each call before it is made. */
  tell = () => {}

  /** @param judge - looks at what was thrown, and throws where that must not be */
  constructor(random, judge) {
    this.#random = random
    this.#judge = judge
    this.world.told = () => this.#act()
  }

  call() {
    const random = this.#random
    if (this.#depth === 0) this.#acts = 0
    switch (random.below(16)) {
      case 0:
        return this.#static()
      case 1:
      case 2:
      case 3:
      case 4:
        return this.#onMade()
      case 5:
        return this.#onRecord()
      default:
        return this.#onHeap()
    }
  }

  /** What a callback or a getter of an argument does: throws, gives anything, or calls back. */
  #act = () => {
    const random = this.#random
    if (++this.#acts > ACTS) throws() // whoever asks for ever is stopped
    if (this.#depth >= DEPTH || random.oneIn(3)) return random.oneIn(2) ? throws() : this.#anything()
    this.#depth++
    try {
      this.call()
    } finally {
      this.#depth--
    }
    return this.#anything()
  }

  #anything() {
    const random = this.#random
    switch (random.below(8)) {
      case 0:
        return random.pick(FIXED)
      case 1:
      case 2:
        return random.pick(NUMBERS)
      case 3:
        return random.pick(TEXTS)
      case 4:
        return acting(random, this.#act)
      case 5:
        return fresh(random)
      case 6:
        return random.oneIn(2) ? this.#act : random.pick([...this.world.heaps, ...this.world.made])
      default:
        return random.below(600)
    }
  }

  #arguments(count = this.#random.below(5)) {
    return Array.from({ length: count }, () => this.#anything())
  }

  /** Calls, constructs, and looks at what comes out. A promise is waited for. */
  #do(what, call, isForeign = false) {
    if (this.#depth === 0) this.now = what
    else this.now += ` > ${what}`
    this.tell(this.now)
    let result
    try {
      result = call()
    } catch (error) {
      // Another receiver gets a TypeError, of the language as a rule.
      if (!isForeign || !(error instanceof TypeError)) this.#judge(error, this.now)
      if (this.#depth > 0 && error instanceof Thrown) throw error
      return undefined
    }
    if (types.isPromise(result)) {
      const { now } = this
      result.then(
        (page) => page?.close?.(),
        (error) => this.#judge(error, now),
      )
    }
    if (hasNext(result)) this.#walk(result)
    return result
  }

  #walk(iterator) {
    try {
      for (let i = this.#random.below(5); i > 0 && !iterator.next().done; i--) if (this.#random.oneIn(9)) this.#act()
    } catch (error) {
      this.#judge(error, this.now)
    }
  }

  #static() {
    const random = this.#random
    const [entry, name, value] = random.pick(random.oneIn(2) ? CLASSES : FUNCTIONS)
    if (SELDOM_CALLED.has(name) && !random.oneIn(SELDOM / 10)) return
    const isClass = CLASSES.some((each) => each[2] === value)
    const first = random.oneIn(2) ? [random.pick(this.world.homes)] : []
    const args = [...first, ...this.#arguments(random.below(3))]
    const made = this.#do(`${entry} ${isClass ? 'new ' : ''}${name}(${args.length})`, () =>
      isClass ? new value(...args) : value(...args),
    )
    if (typeof made?.close === 'function' && !(made instanceof Promise)) this.#do(`${name}.close()`, () => made.close())
    else if (typeof made === 'function' && /Pressure|Metrics/.test(name)) made()
  }

  #onMade() {
    const target = this.#random.pick(this.world.made)
    const at = this.world.made.indexOf(target)
    const face = this.world.faces[at % this.world.faces.length]
    this.#member(target, `${face} ${at}`, () => this.#arguments(), undefined, face)
    if (this.#isClosed(target)) this.#renew(at)
  }

  /** A closed collection gives its place to a new one. */
  #renew(at) {
    const { made, homes } = this.world
    const all = made.splice(0)
    const half = all.length / homes.length
    const heap = homes[Math.floor(at / half)]
    if (heap === undefined) throw new Error(`no heap for ${at}`)
    this.world.fill(heap)
    for (const [i, each] of made.entries()) if (i !== at % half) each.close?.()
    const fresh = made[at % half]
    made.length = 0
    made.push(...all)
    made[at] = fresh
  }

  #isClosed(target) {
    try {
      if (typeof target.close === 'function') target.byteLength
      return false
    } catch {
      return true
    }
  }

  /** Calls a method, reads or writes a property; with another receiver once in a while. */
  #member(target, shown, makeArguments, pick = (names) => this.#random.pick(names), face) {
    const random = this.#random
    const key = target.constructor
    if (!this.#members.has(key)) this.#members.set(key, membersOf(target, face))
    const name = pick(this.#members.get(key))
    if (SELDOM_CALLED.has(name) && !random.oneIn(SELDOM)) return
    if (ENDING.has(name) && !random.oneIn(50)) return
    if (name === 'onEvict' || name === 'tracker' || name === 'heap') return
    const what = `${shown}.${String(name)}`
    const args = makeArguments(name)
    const receiver = target instanceof ebb.Heap && random.oneIn(60) ? this.#anything() : target
    const value = this.#do(`${what} read`, () => Reflect.get(target, name))
    if (typeof value === 'function')
      this.#do(
        `${what}(${args.map(describe).join(', ')})`,
        () => Reflect.apply(value, receiver, args),
        receiver !== target,
      )
    else if (random.oneIn(4) && name === 'length') this.#do(`${what} = `, () => Reflect.set(target, name, args[0]))
  }

  /** A pointer: of a live block, one that was, near one, or anything. */
  #pointer(which) {
    const random = this.#random
    const known = this.world.pointers[random.oneIn(10) ? random.below(this.world.heaps.length) : which]
    const base = known.length > 0 ? random.pick(known) : 0
    switch (random.below(8)) {
      case 0:
        return this.#anything()
      case 1:
        return random.below(2 ** 31)
      case 2:
        return base + random.below(512) - 256
      case 3:
        return base ^ (1 << random.below(31))
      default:
        return base
    }
  }

  #onHeap() {
    const random = this.#random
    const { world } = this
    if (random.oneIn(12)) {
      const home = random.pick(world.homes)
      return this.#member(
        home,
        `home ${home.name}`,
        (name) => this.#pointerless(name),
        (names) => random.pick(names.filter((name) => !ENDING.has(name))),
      )
    }
    const which = random.below(world.heaps.length)
    const heap = world.heaps[which]
    const isAlloc = world.pointers[which].length < POINTERS && random.oneIn(6)
    if (isAlloc) {
      const pointer = this.#do('alloc', () => heap.alloc(random.below(random.oneIn(20) ? 300_000 : 600)))
      if (pointer !== undefined) world.pointers[which].push(pointer)
      return
    }
    this.#member(
      heap,
      `heap ${which}`,
      (name) => this.#ofHeap(which, name),
      (names) => random.pick(names.filter((name) => !ENDING.has(name))),
    )
    if (random.oneIn(100)) this.#forgetDead(which)
    if (random.oneIn(5000)) this.#replace(which)
  }

  #forgetDead(which) {
    const heap = this.world.heaps[which]
    const known = this.world.pointers[which]
    for (let i = known.length - 1; i >= 0; i--) if (!heap.isLive(known[i]) && this.#random.oneIn(3)) known.splice(i, 1)
  }

  /** Closes a heap in the middle of it all, for a new one with any options. */
  #replace(which) {
    const { world } = this
    const old = world.heaps[which]
    if (old.name === 'ordinary' && this.#depth > 0) return
    this.#do('close', () => old.close())
    const options = {
      limit: 2 ** 25,
      [this.#random.pick(['decay', 'name', 'clock', 'profile', 'compact'])]: this.#anything(),
    }
    world.heaps[which] = this.#do('new Heap', () => new ebb.Heap(options)) ?? new ebb.Heap({ limit: 2 ** 25 })
    world.pointers[which] = []
    world.records[which] = world.record(world.heaps[which])
  }

  /** For a heap that collections are on. */
  #pointerless(name) {
    const args = this.#arguments()
    const isSafe = (value) => typeof value !== 'number' || !Number.isInteger(value) || value < 16 || value > 2 ** 31
    if (isWriter(name)) return ['no pointer', 0, 0]
    return args.map((value) => (isSafe(value) || /^alloc/.test(String(name)) ? value : -value))
  }

  /** Arguments of a heap's method, the first a pointer where it takes one. */
  #ofHeap(which, name) {
    const random = this.#random
    const heap = this.world.heaps[which]
    if (/^alloc|compact|onMoved/.test(String(name))) return this.#arguments()
    const pointer = this.#pointer(which)
    if (isWriter(name)) {
      // A write through a wrong pointer lands in any block of the thread, as in C: only right ones, and what is none.
      const value = random.pick([...NUMBERS, ...FIXED.filter((each) => Object(each) !== each)])
      const isRight = heap.isLive(pointer) && heap.usableSize(pointer) >= 16
      return [isRight ? pointer : random.pick(['p', -5, 0.5, null, {}, 2 ** 33]), random.below(8), value]
    }
    if (/Many$/.test(String(name))) return [random.oneIn(2) ? [pointer, this.#pointer(which)] : this.#anything()]
    return [pointer, ...this.#arguments(random.below(4))]
  }

  #onRecord() {
    const random = this.#random
    const which = random.below(this.world.heaps.length)
    const type = this.world.records[which]
    const known = this.world.pointers[which]
    if (known.length < POINTERS && random.oneIn(4)) {
      const pointer = this.#do('record.alloc', () => type.alloc())
      if (pointer !== undefined) known.push(pointer)
      return
    }
    const pointer = this.#pointer(which)
    const isRight =
      this.world.heaps[which].isLive(pointer) && this.world.heaps[which].usableSize(pointer) >= type.byteLength
    if (random.oneIn(2)) {
      const field = random.pick([
        type.fields.a,
        type.fields.x,
        type.fields.big,
        type.fields.is,
        type.fields.next,
        type.fields.inner.b,
      ])
      if (random.oneIn(2)) this.#do('field.get', () => field.get(pointer, random.pick(NUMBERS)))
      else if (isRight) this.#do('field.set', () => field.set(pointer, random.pick([...NUMBERS, ...FIXED, ...TEXTS])))
      return
    }
    if (random.oneIn(3)) {
      const cursor = this.#do('cursor', () => type.cursor(pointer, ...this.#arguments(random.below(2))))
      if (cursor !== undefined) {
        this.#do('cursor.at', () => cursor.at(this.#anything()))
        this.#do('row', () => ({ ...cursor.row }))
      }
      return
    }
    const names = ['allocArray', 'fromObject', 'toObject', 'capacity', 'follow', 'unfollow', 'free', 'assign', 'toJSON']
    const name = random.pick(names)
    const takesNone = name === 'allocArray' || name === 'fromObject'
    if (name === 'assign' && !isRight) return
    const args = takesNone ? this.#arguments(1) : [pointer, ...this.#arguments(random.below(3))]
    if (name === 'assign' && random.oneIn(2)) args[1] = { a: random.pick(NUMBERS), x: random.pick(FIXED) }
    if (name === 'assign') args.length = Math.min(args.length, 2)
    const made = this.#do(`record.${name}(${args.map(describe).join(', ')})`, () => type[name](...args))
    if (takesNone && made !== undefined) this.#do('free', () => type.free(made))
  }
}

/** Whether a call gave an iterator; what it gave may be an argument of the fuzzer's. */
function hasNext(value) {
  try {
    return !types.isProxy(value) && typeof value?.next === 'function'
  } catch {
    return false
  }
}

/** A value in a report; it may not be looked at. */
function describe(value) {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 20))
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

module.exports = { Caller }
