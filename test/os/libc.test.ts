import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type LibcTraces, libc } from '../../lib/os/libc'

const folder = mkdtempSync(path.join(tmpdir(), 'ebb-libc-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file with a text behind some bytes. */
function file(name: string, text: string): string {
  const at = path.join(folder, name)
  writeFileSync(at, Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]), Buffer.from(text)]))
  return at
}

const missing = path.join(folder, 'is-not-there')
const musl = file('ld-musl', '')
const glibc = file('ld-glibc', '')
const NOTHING: LibcTraces = { executable: missing, maps: missing, muslLoader: missing, glibcLoader: missing }
const MAPS = '7f0e5a000000-7f0e5a026000 r--p 00000000 08:01 131 '

describe('libc', () => {
  it('is the one whose loader the executable names, whatever else there is', () => {
    const others = { maps: file('maps', `${MAPS}/lib64/ld-linux-x86-64.so.2`), glibcLoader: glibc, muslLoader: musl }
    const ofMusl = file('a', '/lib/ld-musl-x86_64.so.1\0')
    const ofGlibc = file('b', '/lib64/ld-linux-x86-64.so.2\0')
    expect(libc({ ...others, executable: ofMusl })).toBe('musl')
    expect(libc({ ...NOTHING, muslLoader: musl, executable: ofGlibc })).toBe('glibc')
  })

  it('is the one whose loader is mapped where the executable cannot be read or names none', () => {
    for (const executable of [missing, file('c', 'nothing of the kind')]) {
      const ofMusl = file('maps-musl', `${MAPS}/lib/ld-musl-aarch64.so.1\n`)
      const ofGlibc = file('maps-glibc', `${MAPS}/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1\n`)
      expect(libc({ ...NOTHING, glibcLoader: glibc, executable, maps: ofMusl })).toBe('musl')
      expect(libc({ ...NOTHING, muslLoader: musl, executable, maps: ofGlibc })).toBe('glibc')
    }
  })

  it('is the one whose loader is installed where nothing can be read, and glibc where both or none are', () => {
    expect(libc({ ...NOTHING, muslLoader: musl })).toBe('musl')
    expect(libc({ ...NOTHING, glibcLoader: glibc })).toBe('glibc')
    expect(libc({ ...NOTHING, muslLoader: musl, glibcLoader: glibc })).toBe('glibc')
    expect(libc(NOTHING)).toBe('glibc')
  })
})
