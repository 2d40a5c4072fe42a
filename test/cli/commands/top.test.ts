import { describe, expect, it } from 'vitest'
import { main } from '../../../lib/cli'
import type { ProcessFacts } from '../../../lib/cli/advice/process-rules'
import { Terminal } from '../../../lib/cli/commands/top'
import { inspected } from '../../support/inspected'
import { runEbb } from '../../support/run-ebb'
import { TestIo } from '../../support/test-io'

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const proc = { pid: 7, name: 'node', resident: 2 ** 20, mappings: 10, maxMappings: 100 }
const look = { at: 0, asked: undefined, proc } as unknown as ProcessFacts

/** Somebody at a keyboard. */
class TypingIo extends TestIo {
  type: (key: string) => void = () => undefined
  isRaw = false
  override readonly onKeys = (listener: (key: string) => void) => {
    this.type = listener
    this.isRaw = true
    return () => {
      this.isRaw = false
    }
  }
}

describe('a terminal', () => {
  it('is left as it was', () => {
    const io = new TypingIo()
    const terminal = new Terminal(io, 1000)
    expect([io.stdout, io.isRaw]).toEqual([ENTER, true])
    terminal.show([look])
    expect(io.stdout).toContain('\x1b[Hebb top: process 7 (node)\x1b[K\r\n')
    terminal.close()
    terminal.close()
    expect([io.stdout.endsWith(LEAVE), io.isRaw, io.listener]).toEqual([true, false, undefined])
    expect(io.stdout.split(LEAVE)).toHaveLength(2)
    const before = io.stdout
    terminal.show([look])
    expect(io.stdout).toBe(before)
  })

  it('is left as it was when the process ends by itself, and by a signal', () => {
    const io = new TypingIo()
    const listeners = process.listeners('exit')
    const terminal = new Terminal(io, 1000)
    const added = process.listeners('exit').filter((listener) => !listeners.includes(listener))
    expect(added).toHaveLength(1)
    for (const listener of added) (listener as () => void)()
    expect(io.stdout).toBe(ENTER + LEAVE)
    expect(terminal.hasQuit()).toBe(false)
    io.listener?.('SIGTERM')
    expect(terminal.hasQuit()).toBe(true)
    terminal.close()
    expect(process.listeners('exit')).toEqual(listeners)
    expect(io.stdout).toBe(ENTER + LEAVE)
  })

  it('quits on q and Ctrl-C, and waits no longer', async () => {
    for (const key of ['q', 'Q', '\x03']) {
      const io = new TypingIo()
      const terminal = new Terminal(io, 1000)
      const waited = terminal.wait(1000)
      io.type(key)
      await waited
      expect(terminal.hasQuit(), JSON.stringify(key)).toBe(true)
      terminal.close()
    }
  })

  it('pauses on p, and goes on', async () => {
    const io = new TypingIo()
    const terminal = new Terminal(io, 1000)
    terminal.show([look])
    let wakes = 0
    Object.assign(io, {
      wait: async () => {
        if (++wakes === 3) io.type('p')
        await null
      },
    })
    io.type('p')
    expect(io.stdout).toContain('paused   p goes on')
    await terminal.wait(1000)
    expect([wakes, terminal.hasQuit()]).toEqual([3, false])
    terminal.close()
  })

  it('draws anew when its window has changed', () => {
    const io = new TypingIo()
    const terminal = new Terminal(io, 1000)
    io.type('resize')
    terminal.show([look])
    const once = io.stdout.split('\x1b[H').length
    io.type('resize')
    io.type('x')
    expect(io.stdout.split('\x1b[H')).toHaveLength(once + 1)
    terminal.close()
  })
})

describe('ebb top', () => {
  it('needs a process, and looks no faster than ten times a second', async () => {
    const io = new TestIo()
    expect(await main(['top'], io)).toBe(2)
    expect(io.stderr).toContain('ebb top: it needs --inspect [HOST:]PORT or --pid PID')
    expect(await main(['top', '--pid', '7', '--interval', '99'], io)).toBe(2)
    expect(await main(['top', '--pid', '7'], new TestIo({}, 'win32'))).toBe(3)
  })

  it('prints screens in a pipe, without control sequences, and lines of JSON', async () => {
    const { port, end } = await inspected(
      'const heap = new Heap({ name: "live" }); heap.alloc(100); setInterval(() => {}, 1000)',
    )
    try {
      const words = ['top', '--inspect', String(port), '--samples', '2', '--interval', '100']
      const [text, json] = await Promise.all([runEbb(words), runEbb([...words, '--json'])])
      expect([text.code, text.stderr, json.code, json.stderr]).toEqual([0, '', 0, ''])
      expect(text.stdout.match(/^ebb top: process \d+ /gm)).toHaveLength(2)
      expect(text.stdout).toMatch(/^live +\S+ +112 bytes /m)
      expect(text.stdout).not.toContain('\x1b')
      const looks = json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(looks.map((each) => each.asked.copies[0].heaps[0].name)).toEqual(['live', 'live'])
    } finally {
      end()
    }
  })

  it('does not keep a process from ending, and ends with it', async () => {
    // It ends by itself when it has been asked twice.
    const { port } = await inspected(`
      let asked = 0
      globalThis.door = async () => {
        if (++asked === 2) setImmediate(() => process.exit(0))
        return { folder: 'x', spaceBytes: 1, heaps: [] }
      }
      globalThis[Symbol.for('ebb.doors')].add(new WeakRef(globalThis.door))
      setInterval(() => {}, 1000)`)
    const { code, stderr, stdout } = await runEbb(['top', '--inspect', String(port), '--interval', '100'])
    expect([code, stderr]).toEqual([0, 'ebb top: the process has ended, or does not answer any more\n'])
    expect(stdout).toContain('ebb top: process')
  })
})
