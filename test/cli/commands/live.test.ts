import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../../lib/cli'
import { preloadFor, withPreload } from '../../../lib/cli/commands/live'
import { TestIo } from '../../support/test-io'

const root = path.join(__dirname, '..', '..', '..')
const built = JSON.stringify(path.join(root, 'dist', 'index.js'))

/** Runs `ebb live` with a program in a process of its own; what both say on standard error goes to `heard`. */
async function live(options: string[], script: string, heard?: (text: string, say: (text: string) => void) => void) {
  const words = [path.join(root, 'scripts', 'ebb.js'), 'live', ...options, '--', process.execPath, '-e', script]
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => {
    said.out += text
  })
  child.stderr.on('data', (text) => {
    said.err += text
    heard?.(said.err, (line) => child.stdin.write(line))
  })
  const [code] = await once(child, 'close')
  return { code, ...said }
}

describe('ebb live', () => {
  it('says where the page of a program is, also of one that is busy from its first heap on, and ends as the program does', async () => {
    // It reads its standard input as it blocks its event loop.
    const script = `const { Heap } = require(${built})
      const heap = new Heap({ name: 'busy' })
      heap.alloc(48)
      const buffer = Buffer.alloc(1)
      while (require('node:fs').readSync(0, buffer) === 1 && buffer[0] !== 33);
      process.exit(7)`
    let looked: Promise<void> | undefined
    const { code, err } = await live(['--interval', '20'], script, (text, say) => {
      const url = /ebb live: (http:\S+)\n/.exec(text)?.[1]
      if (url === undefined || looked !== undefined) return
      looked = (async () => {
        const response = await fetch(`${url}frames`)
        const { value } = await response.body!.getReader().read()
        expect(Buffer.from(value!).toString()).toContain('"liveBytes":48')
        expect((await fetch(url)).headers.get('content-type')).toBe('text/html; charset=utf-8')
      })().finally(() => say('!'))
    })
    await looked
    expect([code, err]).toEqual([7, expect.stringMatching(/^ebb live: http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/\n$/)])
  })

  it('leaves a program alone that makes no heap', async () => {
    expect(await live([], "console.log('done')")).toEqual({ code: 0, out: 'done\n', err: '' })
  })

  it('goes on without a page where the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const script = `const { Heap } = require(${built}); new Heap()
      const end = setInterval(() => {}, 10); const { write } = process.stderr
      process.stderr.write = (text) => { clearInterval(end); return write.call(process.stderr, text) }`
    const { code, err } = await live(['--port', String(port)], script)
    server.close()
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(`ebb live: the live page cannot listen at 127.0.0.1:${port} (EADDRINUSE)`),
    ])
  })

  it('refuses a command line without a command, and a port that is none', async () => {
    const io = new TestIo()
    expect(await main(['live'], io)).toBe(2)
    expect(io.stderr).toContain('it needs a command behind --, as in: ebb live -- node app.js')
    expect(await main(['live', '--port', '70000', '--', 'node'], io)).toBe(2)
    expect(io.stderr).toContain('--port takes a port, a whole number from 0 to 65535, got "70000"')
  })

  it('preloads the copy of ebb that the program would load, beside what NODE_OPTIONS has', () => {
    const ours = path.join(root, 'dist', 'live', 'preload.js')
    expect([preloadFor(path.parse(root).root), preloadFor(root)]).toEqual([ours, ours])
    expect(withPreload(undefined, '/a b/c.js')).toBe('--require "/a b/c.js"')
    expect(withPreload('--expose-gc', 'C:\\a\\c.js')).toBe('--expose-gc --require "C:/a/c.js"')
  })
})
