import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { CliError, EXIT } from '../../../lib/cli/exit'
import { AskedProcess } from '../../../lib/cli/facts/asked'
import { Inspector, parseAddress, showAddress } from '../../../lib/cli/facts/inspector'
import { inspected } from '../../support/inspected'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

describe('parseAddress', () => {
  it('takes what people have: a port, host and port, what Node prints', () => {
    const cases: [string, string][] = [
      ['9229', '127.0.0.1:9229'],
      ['localhost:9229', 'localhost:9229'],
      ['10.0.0.1:8080', '10.0.0.1:8080'],
      ['[::1]:9229', '[::1]:9229'],
      ['ws://127.0.0.1:9229/0f2c936f-b1cd-4ac9-aab3-f63b0f33d55e', '127.0.0.1:9229'],
      ['http://host:9229', 'host:9229'],
    ]
    for (const [text, address] of cases) expect(showAddress(parseAddress(text)!), text).toBe(address)
    for (const text of ['', '9229:1', 'host', 'host:', 'ftp://host:1', '99999', 'a b:9229', 'user@host:9229']) {
      expect(parseAddress(text), text).toBeUndefined()
    }
  })
})

describe('an inspector', () => {
  it('answers with values, promises and errors', async () => {
    const { port, end } = await inspected('setInterval(() => {}, 1000)')
    ends.push(end)
    const inspector = await new Inspector({ host: '127.0.0.1', port }).open()
    ends.push(() => inspector.close())
    expect(await inspector.evaluate('6 * 7')).toBe(42)
    expect(await inspector.evaluate('Promise.resolve({ a: [1, "x"] })')).toEqual({ a: [1, 'x'] })
    expect(await Promise.all([inspector.evaluate('1'), inspector.evaluate('2')])).toEqual([1, 2])
    await expect(inspector.evaluate('nonsense()')).rejects.toThrow(/ReferenceError: nonsense is not defined/)
    await expect(inspector.evaluate('process.exit(0)')).rejects.toThrow(/the connection has ended/)
    await expect(inspector.evaluate('1')).rejects.toThrow(/the connection has ended/)
  })

  it('tells of the heaps of a process, in the middle of whose work it may come', async () => {
    const { port, end } = await inspected(
      `
      const heap = new Heap({ name: 'busy', limit: 2 ** 28 })
      const blocks = []
      const work = () => {
        for (let i = 0; i < 500; i++) {
          if (blocks.length < 2000) blocks.push(heap.alloc(1 + (i * 37) % 3000))
          else while (blocks.length > 200) heap.free(blocks.pop())
        }
        setImmediate(work)
      }
      work()`,
      { EBB_CHECK: '3' },
    )
    ends.push(end)
    const asked = await new AskedProcess({ host: '127.0.0.1', port }).open()
    ends.push(() => asked.close())
    for (let i = 0; i < 20; i++) {
      const { copies, versions, memory, heapLimit } = await asked.ask()
      expect(copies).toHaveLength(1)
      expect(copies[0]?.heaps[0]).toMatchObject({ name: 'busy', limit: 2 ** 28, decay: 1000 })
      const { stats } = copies[0]!.heaps[0]!
      const parts = stats.liveBytes + stats.freeBlockBytes + stats.freePoolBytes + stats.ledgerBytes
      expect(parts + stats.slackBytes + stats.keptBytes).toBe(stats.mappedBytes)
      expect(versions.node).toBe(process.versions.node)
      expect([memory.rss > 0, heapLimit === undefined || heapLimit > 0]).toEqual([true, true])
    }
  })

  it('tells of the heaps of worker threads, and of one that does not answer nothing', async () => {
    const { port, end } = await inspected(`
      const { Worker } = require('node:worker_threads')
      const work = (body) => new Worker(\`
        const { Heap } = require(\${JSON.stringify(require.resolve(BUILT))})
        const heap = new Heap({ name: 'of a worker' })
        heap.alloc(100)
        setInterval(() => {}, 1000)
        require('node:worker_threads').parentPort.postMessage('ready')
        \${body}\`, { eval: true })
      globalThis.workers = [work(''), work('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)')]
      let left = 2
      globalThis.ready = new Promise((resolve) => {
        for (const worker of workers) worker.on('message', () => { if (--left === 0) resolve() })
      })`)
    ends.push(end)
    const inspector = await new Inspector({ host: '127.0.0.1', port }).open()
    await inspector.evaluate('ready')
    inspector.close()
    const asked = await new AskedProcess({ host: '127.0.0.1', port }).open()
    ends.push(() => asked.close())
    // A machine that is busy may not let it answer in time.
    let { copies } = await asked.ask()
    while (copies.every(({ heaps }) => heaps.length === 0)) copies = (await asked.ask()).copies
    expect(copies.flatMap(({ heaps }) => heaps.map(({ name, thread }) => [name, thread]))).toEqual([['of a worker', 1]])
  })

  it('is missed where nothing listens, or something else does', async () => {
    const refusal = async (port: number): Promise<CliError> => {
      const error = await new Inspector({ host: '127.0.0.1', port }).open().catch((thrown) => thrown)
      expect(error).toBeInstanceOf(CliError)
      expect((error as CliError).exit).toBe(EXIT.unreachable)
      return error as CliError
    }
    let body = 'hello'
    const server = createServer((_, response) => response.end(body))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect((await refusal(port)).message).toMatch(
      /no answer from the inspector at 127\.0\.0\.1:\d+: what listens there is no inspector$/m,
    )
    body = '[{}]'
    expect((await refusal(port)).message).toContain('what listens there is no inspector')
    body = `[{"webSocketDebuggerUrl":"ws://127.0.0.1:${port}/x"}]`
    expect((await refusal(port)).message).toContain('instead of opening a WebSocket')
    server.close()
    await once(server, 'close')
    expect((await refusal(port)).message).toContain('nothing listens there\nA Node process opens one')
  })
})

it('a process that ebb did not start says no word of ebb', async () => {
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', '-e', 'setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  ends.push(() => child.kill('SIGKILL'))
  const [line] = await once(child.stderr, 'data')
  const asked = await new AskedProcess(parseAddress(/ws:\S+/.exec(String(line))![0])!).open()
  ends.push(() => asked.close())
  expect(await asked.ask()).toMatchObject({ pid: child.pid, copies: [] })
})
