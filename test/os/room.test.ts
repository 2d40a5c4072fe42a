import * as fs from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { addressRoom, engineBytes, leavesRoom } from '../../lib/os/room'

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, readFileSync: vi.fn(real.readFileSync) }
})

interface Limited {
  readonly addresses?: number
  readonly data?: number
  readonly overcommit?: string
}

/** A process that has mapped 100 KiB, 40 KiB of them read and write. */
function proc({ addresses, data, overcommit = '0' }: Limited): void {
  const files: Record<string, string> = {
    '/proc/self/limits': `Max data size             ${data ?? 'unlimited'}            unlimited            bytes
Max address space         ${addresses ?? 'unlimited'}            unlimited            bytes
`,
    '/proc/self/status': 'VmPeak:\t     200 kB\nVmSize:\t     100 kB\nVmData:\t      40 kB\n',
    '/proc/sys/vm/overcommit_memory': `${overcommit}\n`,
    '/proc/meminfo': 'MemFree:  99 kB\nCommitLimit:   10000 kB\nCommitted_AS:  1000 kB\n',
  }
  vi.mocked(fs.readFileSync).mockImplementation((file) => {
    const text = files[String(file)]
    if (text === undefined) throw new Error('ENOENT')
    return text
  })
}

afterEach(() => {
  vi.mocked(fs.readFileSync).mockReset()
})

it('is what each limit leaves, the least of them', () => {
  proc({ addresses: 2 ** 30 })
  expect(addressRoom()).toBe(2 ** 30 - 102_400)
  proc({ data: 50_000 })
  expect(addressRoom()).toBe(50_000 - 40_960)
  proc({ addresses: 2 ** 30, data: 50_000 })
  expect(addressRoom()).toBe(50_000 - 40_960)
  proc({ overcommit: '2' })
  expect(addressRoom()).toBe(9000 * 1024 - 3200 - 2 ** 23)
})

it('has no end where nothing is limited, and is none beyond a limit', () => {
  proc({})
  expect(addressRoom()).toBe(Infinity)
  proc({ addresses: 1000 })
  expect(addressRoom()).toBe(0)
})

it('has no end where there is no /proc', () => {
  vi.mocked(fs.readFileSync).mockImplementation(() => {
    throw new Error('ENOENT')
  })
  expect(addressRoom()).toBe(Infinity)
})

it('has room for the engine, and for what its threads take where addresses are limited', () => {
  proc({ data: 2 ** 30 })
  expect(engineBytes()).toBe(2 ** 26)
  proc({ addresses: 2 ** 30 })
  expect(engineBytes()).toBe(6 * 2 ** 26)
})

it('leaves as much to others as it takes', () => {
  expect([leavesRoom(50, 100), leavesRoom(51, 100), leavesRoom(2 ** 40, Infinity)]).toEqual([true, false, true])
})
