import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { StallSource, stalledUs } from '../../lib/pressure/psi'
import { RealSystem } from '../../lib/pressure/system'
import { TestMachine } from '../support/test-machine'

const stalls = (us: number): string =>
  `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1`
const FILE = '/proc/pressure/memory'
const nothing = (): void => undefined
const isLinux = process.platform === 'linux'

describe('time of stalls', () => {
  it('is what some task has waited', () => {
    expect(stalledUs(stalls(123456))).toBe(123456)
    for (const text of [undefined, '', 'full avg10=0.00 total=4', 'some']) expect(stalledUs(text)).toBeUndefined()
  })
})

describe('stalls that nothing can wait for', () => {
  it('are looked at: 75 ms between two looks are a warning', () => {
    const machine = new TestMachine({ [FILE]: stalls(1000) })
    machine.system.onEvent = () => undefined
    const source = StallSource.ofKernel(machine.system, ['/missing', FILE], nothing)!
    const warnings = [1000, 75_999, 150_999, 151_000].map((us) => {
      machine.put(FILE, stalls(us))
      return source.read()?.warnings
    })
    expect(warnings).toEqual([0, 0, 1, 1])
    expect([source.name, source.needsLooks]).toEqual(['psi', true])
    machine.remove(FILE)
    expect(source.read()).toBeUndefined()
    source.close()
  })

  it('are none where there is no file of the kind', () => {
    const machine = new TestMachine({ [FILE]: 'none' })
    expect(StallSource.ofKernel(machine.system, ['/missing', FILE], nothing)).toBeUndefined()
  })
})

describe('a trigger', () => {
  it('is written with a byte behind its end, and believed when time has passed in waiting', () => {
    const machine = new TestMachine({ [FILE]: stalls(0) })
    let call = nothing
    let written = ''
    machine.system.onEvent = (path, text, callback) => {
      written = `${path} ${Buffer.from(text).toString('latin1')}`
      call = callback
      return nothing
    }
    const source = StallSource.ofKernel(machine.system, [FILE], nothing)!
    expect(written).toBe(`${FILE} some 150000 2000000\0`)
    call()
    expect(source.read()?.warnings).toBe(0)
    machine.put(FILE, stalls(160_000))
    expect(source.read()?.warnings).toBe(0) // nobody called
    machine.put(FILE, stalls(400_000))
    call()
    expect(source.read()?.warnings).toBe(1)
    call()
    expect(source.read()?.warnings).toBe(1)
    expect(source.needsLooks).toBe(false)
  })

  it.runIf(isLinux && existsSync(FILE))('is taken by the kernel, or else the file is looked at', () => {
    const source = StallSource.ofKernel(new RealSystem(), [FILE], nothing)!
    expect(source.read()).toMatchObject({ criticals: 0, bytes: undefined, limit: undefined })
    source.close()
  })
})

describe('what the service manager names', () => {
  it('is a file of stalls with a trigger of its own', () => {
    const machine = new TestMachine({ '/x/memory.pressure': stalls(5) })
    machine.env.MEMORY_PRESSURE_WRITE = Buffer.from('some 20000 2000000\0').toString('base64')
    let call = nothing
    let written = ''
    machine.system.onEvent = (_, text, callback) => {
      written = Buffer.from(text).toString('latin1')
      call = callback
      return nothing
    }
    const source = StallSource.ofManager(machine.system, '/x/memory.pressure', nothing)!
    expect([source.name, written]).toEqual(['systemd', 'some 20000 2000000\0'])
    call()
    expect(source.read()?.warnings).toBe(0)
    machine.put('/x/memory.pressure', stalls(20_005))
    call()
    expect(source.read()?.warnings).toBe(1)
  })

  it.runIf(isLinux)('is a FIFO, of which what it holds is dropped', async () => {
    const machine = new TestMachine({ '/run/x': '' })
    execFileSync('mkfifo', [machine.at('/run/fifo')])
    const source = await new Promise<StallSource>((resolve) => {
      const opened = StallSource.ofManager(machine.system, '/run/fifo', () => resolve(opened))!
      writeFileSync(machine.at('/run/fifo'), 'now')
    })
    expect([source.read(), source.read()].map((reading) => reading?.warnings)).toEqual([1, 1])
    source.close()
  })

  it.runIf(isLinux)('is a socket, which may want to be told something first', async () => {
    const machine = new TestMachine({ '/run/x': '' })
    machine.env.MEMORY_PRESSURE_WRITE = Buffer.from('hello').toString('base64')
    const connected = new Set<Socket>()
    const server = createServer((socket) => {
      connected.add(socket)
      socket.on('data', (text) => socket.write(`pressure after ${text}`))
    })
    await new Promise<void>((resolve) => server.listen(machine.at('/run/socket'), resolve))
    const source = await new Promise<StallSource>((resolve) => {
      const opened = StallSource.ofManager(machine.system, '/run/socket', () => resolve(opened))!
    })
    expect(source.read()).toMatchObject({ warnings: 1 })
    source.close()
    for (const socket of connected) await new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => server.close(resolve))
  })

  it('is nothing where it cannot be opened', () => {
    const { system } = new TestMachine()
    expect(StallSource.ofManager(system, '/nowhere/at/all', nothing)).toBeUndefined()
  })
})
