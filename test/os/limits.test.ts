import * as fs from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { limitsOf } from '../../lib/os/limits'
import { runChild, said } from '../support/child'

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, readFileSync: vi.fn(real.readFileSync) }
})

/** What the files of /proc say; undefined: there is no such file. */
function proc(files: Record<string, string | undefined>): void {
  vi.mocked(fs.readFileSync).mockImplementation((file) => {
    const text = files[String(file)]
    if (text === undefined) throw new Error('ENOENT')
    return text
  })
}
const limits = (addresses: string, data: string, locked: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units
Max data size             ${data.padEnd(20)} unlimited            bytes
Max locked memory         ${locked.padEnd(20)} ${locked.padEnd(20)} bytes
Max address space         ${addresses.padEnd(20)} unlimited            bytes
`

afterEach(() => {
  vi.mocked(fs.readFileSync).mockReset()
})

it('names each limit that is set, by the command or the file that sets it, with its value', () => {
  proc({
    '/proc/self/limits': limits('1000', '2000', '3000'),
    '/proc/self/status': 'VmPin:\t       0 kB\nVmLck:\t      64 kB\n',
    '/proc/sys/vm/overcommit_memory': '2\n',
    '/proc/sys/vm/max_map_count': '65530\n',
  })
  expect(limitsOf().split(', ')).toEqual([
    'ulimit -v (RLIMIT_AS) is 1000 bytes',
    'ulimit -d (RLIMIT_DATA) is 2000 bytes',
    'ulimit -l (RLIMIT_MEMLOCK) is 3000 bytes and memory is locked',
    'vm.overcommit_memory is 2 (strict)',
    'vm.max_map_count is 65530 mappings',
  ])
})

it('leaves out what is not limited, or limits nothing here', () => {
  proc({
    '/proc/self/limits': limits('unlimited', 'unlimited', '8388608'),
    '/proc/self/status': 'VmLck:\t       0 kB\n',
    '/proc/sys/vm/overcommit_memory': '1\n',
    '/proc/sys/vm/max_map_count': '65530\n',
  })
  expect(limitsOf()).toBe('vm.max_map_count is 65530 mappings')
})

it('speaks of the container or the job where there is nothing to read', () => {
  proc({})
  expect(limitsOf()).toBe('its memory limit, as of the container or the job')
})

it.runIf(process.platform === 'linux')('reads what the shell has set', async () => {
  const result = await runChild(`
    const script = "console.log(JSON.stringify(require('./dist/inside.js').limitsOf()))"
    const limited = ['-c', 'ulimit -S -d 123456789; exec "$0" -e "$1"', process.execPath, script]
    require('node:child_process').execFileSync('sh', limited, { stdio: 'inherit' })`)
  expect(said(result)).toEqual([expect.stringContaining(`ulimit -d (RLIMIT_DATA) is ${123_456_789 * 1024} bytes`)])
})
