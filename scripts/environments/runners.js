'use strict'
// Test runners whose environments replace globals: timers, performance, typed arrays, the module registry.
const path = require('node:path')
const { node, projectWith } = require('./project.js')

const JEST = ['jest@30.5.2', 'jest-environment-jsdom@30.5.2']
const VITEST = ['vitest@4.1.12', 'jsdom@26.1.0']

/** The tests, in the words that jest and vitest share; `fake` is the runner's object for fake timers and modules. */
const TESTS = `
const realSleep = require('node:timers/promises').setTimeout

test('blocks of all sizes come and go', () => {
  const heap = new Heap()
  for (const byteLength of [1, 100, 5000, 100_000, 1 << 20]) heap.free(heap.allocZeroed(byteLength))
  expect(heap.purge()).toBeGreaterThan(0)
  expect(heap.stats().blocks).toBe(0)
  heap.close()
})

test('copies and views have the types of the environment or of Node', () => {
  const heap = new Heap()
  const pointer = heap.alloc(16)
  heap.copyIn(pointer, new Uint8Array([1, 2, 3]))
  expect(Array.from(heap.copyOut(pointer, 3))).toEqual([1, 2, 3])
  expect(Array.from(heap.bytes(pointer, 3))).toEqual([1, 2, 3])
  expect(heap.readString(heap.allocString('h\\u00e9llo'))).toBe('h\\u00e9llo')
  heap.close()
})

test('records and refusals work', () => {
  const heap = new Heap()
  const point = record(heap, { x: f64, next: ref })
  const pointer = point.alloc()
  point.fields.x.set(pointer, 1.5)
  expect(point.fields.x.get(pointer)).toBe(1.5)
  point.free(pointer)
  expect(() => heap.free(pointer)).toThrow(HeapError)
  heap.close()
})

test('decay goes on while timers are faked, and fake timers know nothing of it', async () => {
  fake.useFakeTimers()
  const heap = new Heap({ decay: 20 })
  for (const pointer of Array.from({ length: 1000 }, () => heap.alloc(500))) heap.free(pointer)
  expect(fake.getTimerCount()).toBe(0)
  fake.runAllTimers()
  while (heap.stats().dirtyPools > 0) await realSleep(5)
  fake.useRealTimers()
  for (const pointer of Array.from({ length: 1000 }, () => heap.alloc(500))) heap.free(pointer)
  while (heap.stats().dirtyPools > 0) await realSleep(5)
  heap.close()
})

test('a recorder records', async () => {
  const recorder = new RssRecorder({ interval: 1 }).start()
  while (recorder.samples.length < 3) await realSleep(5)
  expect(recorder.stop().isRunning).toBe(false)
})
`

const JEST_TESTS = `
const { Heap, HeapError, record, f64, ref } = require('ebb')
const { RssRecorder } = require('ebb/rss')
const fake = jest
${TESTS}
test('a copy that was loaded anew works beside the first', () => {
  const first = new Heap()
  const pointer = first.alloc(8)
  first.setUint32(pointer, 0, 42)
  jest.resetModules()
  const copy = require('ebb')
  expect(copy.Heap).not.toBe(Heap)
  const second = new copy.Heap()
  expect(() => copy.record(first, { x: copy.f64 })).toThrow(/a heap of another copy of ebb.*jest.resetModules/)
  expect(() => copy.record(second, { x: f64 })).toThrow(/a field type of another copy of ebb/)
  second.setUint32(second.alloc(8), 0, 43)
  expect(first.getUint32(pointer, 0)).toBe(42)
  first.close()
  second.close()
})
`

const VITEST_TESTS = `
import { createRequire } from 'node:module'
import { expect, test, vi } from 'vitest'
import { Heap, HeapError, record, f64, ref } from 'ebb'
import { RssRecorder } from 'ebb/rss'
const require = createRequire(import.meta.url)
const fake = vi
${TESTS}`

/** The configuration keeps vitest from finding the checkout's. */
const VITEST_FILES = { 'ebb.test.mjs': VITEST_TESTS, 'vitest.config.mjs': 'export default {}\n' }

function jest(environment) {
  return (tarball) => {
    const { folder, bin } = projectWith('jest', JEST, tarball, { 'ebb.test.js': JEST_TESTS })
    const args = ['--rootDir', folder, '--env', environment, '--ci', '--no-watchman']
    node([bin(path.join('jest', 'bin', 'jest.js')), ...args], { cwd: folder })
  }
}

function vitest(...flags) {
  return (tarball) => {
    const { folder, bin } = projectWith('vitest', VITEST, tarball, VITEST_FILES)
    node([bin(path.join('vitest', 'vitest.mjs')), 'run', '--root', folder, ...flags], { cwd: folder })
  }
}

/** Name, and what runs; throws with the runner's output where a test fails. */
const RUNNERS = {
  'jest, node': jest('node'),
  'jest, jsdom': jest('jsdom'),
  'vitest, jsdom': vitest('--environment=jsdom'),
  'vitest, jsdom, vmThreads': vitest('--environment=jsdom', '--pool=vmThreads'),
}

module.exports = { RUNNERS }
