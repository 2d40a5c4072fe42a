import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RssError, RssRecorder, type RssSample, sampleRss, toCsv } from '../../lib/rss'
import { cgroupCharge, linuxMemory } from '../../lib/rss/linux'
import type { ReadText } from '../../lib/rss/texts'

const onLinux = it.runIf(process.platform === 'linux')
const MIB = 1 << 20

/** Children end with the test that made them. */
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  vi.restoreAllMocks()
})

async function child(script: string): Promise<ChildProcess> {
  const made = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(made)
  await once(made.stdout!, 'data')
  return made
}

function thrownBy(call: () => unknown): RssError {
  try {
    call()
  } catch (error) {
    return error as RssError
  }
  throw new Error('nothing was thrown')
}

/** Files that do not exist elsewhere. */
const reader =
  (files: Record<string, string>): ReadText =>
  (path) => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }

describe('sampleRss', () => {
  it('sees this process', () => {
    const sample = sampleRss()
    expect(sample.resident).toBeGreaterThan(10 * MIB)
    expect(Math.abs(sample.resident - process.memoryUsage.rss())).toBeLessThan(32 * MIB)
    expect(sample.peak).toBeGreaterThan(10 * MIB)
    expect(Math.abs(sample.ms - Date.now())).toBeLessThan(5000)
  })

  it('follows what is touched', () => {
    const before = sampleRss().resident
    const bytes = Buffer.alloc(64 * MIB, 1)
    const after = sampleRss().resident
    expect(after - before).toBeGreaterThan(60 * MIB)
    expect(after - before).toBeLessThan(80 * MIB)
    expect(bytes[5]).toBe(1)
  })

  onLinux('sees a child, with its share of what is shared', async () => {
    const { pid } = await child('console.log(1); setInterval(() => {}, 1000)')
    const sample = sampleRss(pid)
    expect(sample.resident).toBeGreaterThan(10 * MIB)
    expect(sample.proportional).toBeLessThanOrEqual(sample.resident)
    expect(sample.peak).toBeGreaterThan(10 * MIB)
    expect(sample.hugePages).toBeGreaterThanOrEqual(0)
  })

  onLinux('names a process that is gone', async () => {
    const ended = await child('console.log(1)')
    if (ended.exitCode === null) await once(ended, 'exit')
    const error = thrownBy(() => sampleRss(ended.pid))
    expect(error).toBeInstanceOf(RssError)
    expect(error).toMatchObject({ name: 'RssError', code: 'EBB_RSS_GONE', pid: ended.pid })
    expect(error.message).toBe(`ebb/rss: there is no process ${ended.pid} any more`)
  })

  it('refuses what is no process id', () => {
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(() => sampleRss(pid)).toThrow(
        new RangeError(`ebb/rss: pid must be a process id, a whole number from 1, got ${pid}`),
      )
    }
    expect(() => sampleRss('self' as never)).toThrow(RangeError)
  })

  it('sees its own process on a platform without /proc, and no other', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin')
    const sample = sampleRss()
    expect(sample.resident).toBeGreaterThan(MIB)
    expect(sample.peak).toBeGreaterThan(MIB)
    expect(sample).toMatchObject({ proportional: undefined, anonymous: undefined, cgroup: undefined })
    expect(thrownBy(() => sampleRss(process.ppid))).toMatchObject({ code: 'EBB_RSS_UNSUPPORTED', pid: process.ppid })
  })
})

describe('RssRecorder', () => {
  it('refuses an option that it does not know', () => {
    expect(() => new RssRecorder({ intervall: 10 } as never)).toThrow(
      new TypeError('ebb/rss: "intervall" is not an option of a recorder; there are pid, interval'),
    )
  })

  it('takes samples with rising times, the first at once', async () => {
    const recorder = new RssRecorder({ interval: 10 }).start()
    expect(recorder.samples).toHaveLength(1)
    expect(recorder.isRunning).toBe(true)
    await vi.waitFor(() => expect(recorder.samples.length).toBeGreaterThan(3))
    recorder.stop()
    const { length } = recorder.samples
    const times = recorder.samples.map((sample) => sample.ms)
    expect(times[0]).toBeLessThan(1000)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(recorder.isRunning).toBe(false)
    await delay(40)
    expect(recorder.samples).toHaveLength(length)
  })

  it('goes on after a stop, on the same clock', async () => {
    const recorder = new RssRecorder({ interval: 1000 }).start().start().stop().stop()
    const [, last] = recorder.samples
    await delay(5)
    recorder.start().stop()
    expect(recorder.samples).toHaveLength(4)
    expect(recorder.samples[2]!.ms).toBeGreaterThan(last!.ms)
  })

  it('names a sample', () => {
    const recorder = new RssRecorder()
    expect(recorder.mark('drop')).toMatchObject({ mark: 'drop' })
    expect(recorder.samples[0]!.ms).toBeLessThan(1000)
    expect(recorder.toCsv()).toMatch(/,drop\n$/)
  })

  onLinux('ends with the process that it watches, and keeps what it saw', async () => {
    const watched = await child('console.log(1); setInterval(() => {}, 1000)')
    const recorder = new RssRecorder({ pid: watched.pid!, interval: 5 }).start()
    watched.kill('SIGKILL')
    await vi.waitFor(() => expect(recorder.isRunning).toBe(false))
    expect(recorder.error).toMatchObject({ code: 'EBB_RSS_GONE' })
    expect(recorder.samples.length).toBeGreaterThan(0)
    expect(() => recorder.start()).toThrow(RssError)
  })

  onLinux('keeps no process alive', () => {
    const script = `new (require('ebb/rss').RssRecorder)({ interval: 1 }).start(); console.log('ends')`
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 })).toBe('ends\n')
  })

  it('refuses an interval that cannot be', () => {
    for (const interval of [0, -1, Number.NaN, Infinity]) {
      expect(() => new RssRecorder({ interval })).toThrow(
        new RangeError(`ebb/rss: interval must be 1 to 2147483647 milliseconds, got ${interval}`),
      )
    }
    expect(() => new RssRecorder({ pid: 0 })).toThrow(RangeError)
  })
})

describe('toCsv', () => {
  const sample: RssSample = {
    ms: 12.345,
    resident: 4096,
    proportional: undefined,
    anonymous: 2048,
    peak: 8192,
    hugePages: 0,
    cgroup: undefined,
  }

  it('writes bytes, leaves out what is not known, quotes what has to be', () => {
    expect(toCsv([sample, { ...sample, mark: 'a "b", c' }])).toBe(
      'ms,resident,proportional,anonymous,peak,hugePages,cgroup,mark\n12.3,4096,,2048,8192,0,,\n12.3,4096,,2048,8192,0,,"a ""b"", c"\n',
    )
  })

  it('has a head without samples', () => {
    expect(toCsv([])).toBe('ms,resident,proportional,anonymous,peak,hugePages,cgroup,mark\n')
  })
})

describe('linuxMemory', () => {
  const status = 'Name:\tnode\nVmHWM:\t   500 kB\nVmRSS:\t   300 kB\n'
  const rollup = '0-1 ---p [rollup]\nRss:     304 kB\nPss:     200 kB\nAnonymous:  150 kB\nAnonHugePages:    64 kB\n'

  it('takes the page tables before the counters', () => {
    const read = reader({ '/proc/7/status': status, '/proc/7/smaps_rollup': rollup })
    expect(linuxMemory('7', read)).toEqual({
      resident: 304 * 1024,
      proportional: 200 * 1024,
      anonymous: 150 * 1024,
      peak: 500 * 1024,
      hugePages: 64 * 1024,
      cgroup: undefined,
    })
  })

  it('makes do with the counters', () => {
    const memory = linuxMemory('7', reader({ '/proc/7/status': `${status}RssAnon:\t   120 kB\n` }))
    expect(memory).toMatchObject({
      resident: 300 * 1024,
      anonymous: 120 * 1024,
      proportional: undefined,
      hugePages: undefined,
    })
  })

  it('knows a process that ended and was not waited for', () => {
    expect(linuxMemory('7', reader({ '/proc/7/status': 'State:\tZ (zombie)\n' }))).toBeUndefined()
  })

  it('reads the charge of version 2, its own group before the root', () => {
    const files = { '/proc/7/cgroup': '0::/a/b\n', '/sys/fs/cgroup/memory.current': '111\n' }
    expect(cgroupCharge('7', reader(files))).toBe(111)
    expect(cgroupCharge('7', reader({ ...files, '/sys/fs/cgroup/a/b/memory.current': '222\n' }))).toBe(222)
  })

  it('reads the charge of version 1 beside other controllers', () => {
    const files = {
      '/proc/7/cgroup': '9:cpu,cpuacct:/\n4:memory:/\n0::/\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '333\n',
    }
    expect(cgroupCharge('7', reader(files))).toBe(333)
    expect(cgroupCharge('7', reader({ '/proc/7/cgroup': '0::/\nnonsense' }))).toBeUndefined()
  })
})
