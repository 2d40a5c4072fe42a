'use strict'
/**
 * Some calls from a seed, in a process of its own: child.js SEED CALLS [FILE]. Ends with 1 and a report at the first that throws what has no
 * code, or leaves the books unsound. With a FILE each call is written there before it is made, for one that ends the process.
 */
const { writeSync, openSync } = require('node:fs')
const { Caller } = require('./calls')
const { Random } = require('./random')

const [seed, calls] = process.argv.slice(2, 4).map(Number)
const trace = process.argv[4] === undefined ? undefined : openSync(process.argv[4], 'w')
const CHECK = 500

/**
 * What the language throws where an argument of the caller's does not work by itself: a proxy that breaks its own rules, a getter without a
 * setter, a class that is called, a view that is detached. These go through as they are, and have no code on any platform.
 */
const LANGUAGE = [
  /^Maximum call stack size exceeded$/,
  /^Cannot convert object to primitive value$/,
  / on a proxy that has been revoked$/,
  / on proxy: trap /,
  / is not a valid property name$/,
  /^CreateListFromArrayLike called on non-object$/,
  / called on incompatible receiver /,
  / on a detached ArrayBuffer$/,
  /^Cannot set property \d+ of .* which has only a getter$/,
  /^Class constructors? .*cannot be invoked without 'new'$/,
]

// Most calls end in an error, and a stack costs more than all the rest.
Error.stackTraceLimit = Number(process.env.FUZZ_STACKS ?? 0)
process.removeAllListeners('warning').on('warning', () => {})

let done = 0

function fail(what, error) {
  const again = `node --expose-gc scripts/fuzz/child.js ${seed} ${done + 1}`
  process.exitCode = 1
  writeSync(2, `seed ${seed}, call ${done}: ${what}\n  ${error?.stack ?? String(error)}\n  again: ${again}\n`)
  process.exit(1)
}

function judge(error, what) {
  if (error instanceof Error && typeof error.code === 'string') return
  // The first walks whatever iterable it is given; the second makes a number of whatever the caller's function returns.
  if (error instanceof TypeError && /toCsv|\.sort\(/.test(what)) return
  if (error instanceof Error && LANGUAGE.some((pattern) => pattern.test(error.message))) return
  fail(what, error)
}

const caller = new Caller(new Random(seed), judge)
process.on('unhandledRejection', (error) => judge(error, 'a rejection that nobody handles'))
process.on('uncaughtException', (error) => fail(`outside of a call, after ${caller.now}`, error))

if (trace !== undefined) caller.tell = (what) => writeSync(trace, `${done} ${what}\n`)

async function main() {
  for (; done < calls; done++) {
    caller.call()
    if (done % CHECK !== 0) continue
    try {
      caller.world.check()
    } catch (error) {
      fail('the books, or what a collection holds', error)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  caller.world.check()
  caller.world.close()
  console.log(JSON.stringify({ calls: done }))
  process.exit(0)
}

main().catch((error) => fail('the fuzzer itself', error))
