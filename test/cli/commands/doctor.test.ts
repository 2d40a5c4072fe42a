import { describe, expect, it } from 'vitest'
import { main } from '../../../lib/cli'
import { inspected } from '../../support/inspected'
import { runEbb } from '../../support/run-ebb'
import { TestIo } from '../../support/test-io'

const onLinux = it.runIf(process.platform === 'linux')

describe('ebb doctor', () => {
  it('judges this machine, as text and as JSON', async () => {
    const text = await runEbb(['doctor'])
    expect(text.stdout).toMatch(/^ebb doctor: this machine\n\nPASS {2}addon +loaded on /)
    expect(text.stdout).not.toContain('\x1b')
    const json = await runEbb(['doctor', '--json'])
    const { facts, findings } = JSON.parse(json.stdout)
    expect(facts.runtime.version).toBe(process.versions.node)
    expect(findings[0]).toMatchObject({ level: 'PASS', topic: 'addon' })
    const isBad = findings.some(({ level }: { level: string }) => level === 'WARN' || level === 'FAIL')
    expect([text.code, json.code]).toEqual(isBad ? [1, 1] : [0, 0])
  })

  it('has colours where they are asked for', async () => {
    expect((await runEbb(['doctor'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\x1b[32mPASS\x1b[0m')
    expect((await runEbb(['doctor'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain('\x1b')
  })

  it('advises on the heaps of a process, which it leaves as it was', async () => {
    const { port, pid, end } = await inspected(`
      const heap = new Heap({ name: 'survivors', limit: 2 ** 25 })
      const blocks = Array.from({ length: 300000 }, () => heap.alloc(48))
      blocks.forEach((block, i) => { if (i % 84 !== 0) heap.free(block) })
      setInterval(() => {}, 1000)`)
    try {
      const { code, stdout } = await runEbb(['doctor', '--inspect', String(port), '--json'])
      const { facts, findings } = JSON.parse(stdout)
      expect(facts.asked).toMatchObject({ pid, copies: [{ heaps: [{ name: 'survivors' }] }] })
      expect(code).toBe(1)
      const scattered = findings.find(({ topic }: { topic: string }) => topic === 'scattered blocks')
      expect(scattered?.text).toMatch(
        /^heap "survivors": \d+\.\d MiB of free blocks .* Blocks of 48 bytes: 3,572 of them/,
      )
    } finally {
      end()
    }
  })

  onLinux('sees a process from outside, and says how to see more', async () => {
    const { pid, end } = await inspected('const heap = new Heap(); heap.alloc(8); setInterval(() => {}, 1000)')
    try {
      const { stdout, code } = await runEbb(['doctor', '--pid', String(pid)])
      expect(stdout).toMatch(new RegExp(`^ebb doctor: process ${pid} \\(.+\\)\\n\\nPASS {2}resident .* MiB resident`))
      expect(stdout).toContain(`To see its heaps: kill -USR1 ${pid}, then ebb doctor --inspect 9229`)
      expect(code).toBeLessThan(2)
    } finally {
      end()
    }
  })

  it('refuses a process that is not there, and platforms without /proc', async () => {
    const io = new TestIo()
    expect(await main(['doctor', '--pid', '7'], io)).toBe(4)
    expect(io.stderr).toBe('ebb: there is no process 7, or it is not shown to this user\n')
    const other = new TestIo({}, 'darwin')
    expect(await main(['doctor', '--pid', '7'], other)).toBe(3)
    expect(await main(['doctor', '--inspect', 'nonsense'], io)).toBe(2)
    expect(io.stderr).toContain('as 9229 or 127.0.0.1:9229, got "nonsense"')
  })
})
