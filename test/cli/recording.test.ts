import { describe, expect, it } from 'vitest'
import { CliError, EXIT } from '../../lib/cli/exit'
import {
  lengthOf,
  peakOf,
  pictureOf,
  pointsOf,
  type Recording,
  readRecording,
  subtitleOf,
  summary,
} from '../../lib/cli/recording'
import { toCsv } from '../../lib/rss'

const MIB = 2 ** 20
const recording: Recording = {
  format: 'ebb-record',
  version: 1,
  title: 'node app.js',
  pid: 7,
  startedAt: '2026-11-26T04:57:47.142Z',
  interval: 100,
  exitCode: 0,
  samples: [
    { ms: 0, resident: 10 * MIB, anonymous: 2 * MIB, peak: 10 * MIB, cgroup: 50 * MIB },
    { ms: 100, resident: 30 * MIB, anonymous: 20 * MIB, peak: 34 * MIB, cgroup: 70 * MIB, mark: 'load "a", b' },
    { ms: 200, resident: 20 * MIB, anonymous: 12 * MIB, peak: 34 * MIB, cgroup: 60 * MIB },
  ],
}

function refusal(text: string): string {
  try {
    readRecording(text, 'x.json')
  } catch (error) {
    expect(error).toBeInstanceOf(CliError)
    expect((error as CliError).exit).toBe(EXIT.file)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('a recording', () => {
  it('comes back from its JSON', () => {
    expect(readRecording(JSON.stringify(recording), 'x.json')).toEqual(recording)
  })

  it('comes back from the CSV of ebb/rss, marks in quotes and all', () => {
    const unknown = { proportional: undefined, hugePages: undefined }
    const csv = toCsv(recording.samples.map((sample) => ({ ...unknown, ...sample })) as Parameters<typeof toCsv>[0])
    expect(readRecording(csv, 'x.csv')).toEqual({ ...recording, title: 'x.csv', ...cleared })
    expect(readRecording(csv.replaceAll('\n', '\r\n'), 'x.csv')?.samples).toEqual(recording.samples)
    const epoch = 'ms,resident\n1795669294009.2,5\n1795669294109.2,6\n'
    expect(readRecording(epoch, 'x.csv')?.samples.map(({ ms }) => Math.round(ms))).toEqual([0, 100])
  })

  it('is told from other texts', () => {
    for (const text of ['', '{}', '[]', 'null', '3', 'a,b\n1,2\n', '{"format":"other"}', '{']) {
      expect(readRecording(text, 'x')).toBeUndefined()
    }
  })

  it('that is damaged is refused, by its place', () => {
    expect(refusal('{"format":"ebb-record","version":2}')).toBe(
      'ebb: x.json is a recording of version 2, and 1 is known',
    )
    expect(refusal('{"format":"ebb-record","version":1,"samples":[]}')).toBe('ebb: x.json has no samples')
    expect(refusal('{"format":"ebb-record","version":1,"samples":[{"ms":0,"resident":"x"}]}')).toBe(
      'ebb: x.json: sample 1 has no resident that is a number from 0 on, got "x"',
    )
    expect(refusal('{"format":"ebb-record","version":1,"samples":[null]}')).toContain('sample 1 has no ms')
    expect(refusal('ms,resident\n0,5\n100,\n')).toContain('line 3 has no resident')
    expect(refusal('ms,resident\n0,5\n-1,7\n')).toContain('line 3 has no ms')
    expect(refusal('ms,resident\n')).toBe('ebb: x.json has no samples')
  })

  it('is told in words', () => {
    expect(summary(recording)).toEqual([
      ['resident (RSS)', '10 MiB', '30 MiB', '20 MiB'],
      ['anonymous', '2 MiB', '20 MiB', '12 MiB'],
    ])
    expect([lengthOf(recording), peakOf(recording)]).toEqual([200, 34 * MIB])
    expect(subtitleOf(recording)).toBe(
      '3 samples in 200 ms, one every 100 ms, peak 34 MiB, ended with 0, 2026-11-26 04:57',
    )
    expect(subtitleOf({ ...recording, signal: 'SIGKILL', startedAt: undefined })).toContain(
      'peak 34 MiB, ended by SIGKILL',
    )
    expect(pointsOf(recording, 'proportional')).toEqual([])
  })

  it('is drawn with the figures that it has', () => {
    const svg = pictureOf(recording, 840, 380, false)
    expect(svg.match(/<path class="l\d"/g)).toHaveLength(2)
    expect(svg).toContain('load &quot;a&quot;, b')
  })
})

const cleared = { pid: undefined, startedAt: undefined, interval: undefined, exitCode: undefined }
