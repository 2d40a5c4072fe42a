import { readdirSync, readlinkSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../../lib/os/native-binding'
import { RealSystem } from '../../lib/pressure/system'
import { runChild, said } from '../support/child'
import { TestMachine } from '../support/test-machine'

const onLinux = it.runIf(process.platform === 'linux')
const nothing = (): void => undefined

/** What this process has open, but for what the event loop itself has. */
function openNow(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) !== ''
    } catch {
      return false // the one that lists
    }
  }).length
}

describe('files', () => {
  it('are read where they are files, and undefined where they are not', () => {
    const { system } = new TestMachine({ '/a/b': 'text' })
    expect([system.read('/a/b'), system.read('/a'), system.read('/a/c')]).toEqual(['text\n', undefined, undefined])
  })

  it('that are not there cannot be watched', () => {
    const { system } = new TestMachine()
    expect(system.onChange('/nothing', nothing)).toBeUndefined()
    expect(system.onEvent('/nothing', Buffer.alloc(0), nothing)).toBeUndefined()
    expect(system.onGroupEvent('/nothing', [['file', '1']], nothing)).toBeUndefined()
  })

  onLinux('leave nothing open when they are watched no more, nor when they cannot be', async () => {
    const machine = new TestMachine({ '/g/cgroup.event_control': '', '/g/file': '' })
    const open = (): void => {
      const cancels = [
        machine.system.onChange('/g/file', nothing),
        machine.system.onEvent('/g/file', Buffer.alloc(0), nothing), // the loop refuses regular files
        machine.system.onGroupEvent(
          '/g',
          [
            ['file', '1'],
            ['missing', ''],
          ],
          nothing,
        ),
        machine.system.onGroupEvent('/g', [['missing', '']], nothing),
      ]
      expect(cancels.map((cancel) => cancel !== undefined)).toEqual([true, false, true, false])
      for (const cancel of cancels) cancel?.()
    }
    open() // the first watcher opens what the loop keeps for all
    await turn()
    const before = openNow()
    for (let i = 0; i < 50; i++) open()
    await turn()
    expect(openNow()).toBe(before)
  })

  it('are those of the machine where no folder is given', () => {
    expect(new RealSystem().read(__filename)).toContain('are those of the machine')
  })
})

describe('the addon', () => {
  onLinux('refuses what it cannot wait for', () => {
    const { poll, signal } = loadAddon()
    expect(() => poll(12345, false, nothing)).toThrow('this descriptor cannot be waited for')
    for (const wrong of [() => poll('x' as never, false, nothing), () => poll(1, false, 5 as never)])
      expect(wrong).toThrow('poll takes fd, isPriority, callback')
    expect(() => signal(undefined as never)).toThrow('signal takes a callback')
  })
})

const DIST = require.resolve('../../dist/pressure/index.js')

describe('a process', () => {
  onLinux(
    'ends by itself while it watches, and a worker that watches can be terminated and leaves nothing open',
    async () => {
      const script = `
      const { Worker, isMainThread, workerData } = require('node:worker_threads')
      const { onMemoryPressure, watchMemoryPressure } = require(${JSON.stringify(DIST)})
      const open = () => require('node:fs').readdirSync('/proc/self/fd').length
      const inside = ${JSON.stringify(`
        const { onMemoryPressure } = require(${JSON.stringify(DIST)})
        const addon = require(${JSON.stringify(require.resolve('../../dist/inside.js'))}).loadAddon()
        onMemoryPressure(() => undefined)
        addon.signal(() => undefined)
        setInterval(() => undefined, 1000)
        require('node:worker_threads').parentPort.postMessage('on')`)}
      async function main() {
        onMemoryPressure(() => undefined)
        watchMemoryPressure()
        let before = 0
        for (let i = 0; i < 4; i++) {
          const worker = new Worker(inside, { eval: true })
          await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
          await worker.terminate()
          if (i === 1) before = open()
        }
        say(open() - before)
      }
      main()`
      const result = await runChild(script)
      expect([result.code, result.stderr, said(result)]).toEqual([0, '', [0]])
    },
  )
})
