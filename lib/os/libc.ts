/** Which C library this process runs with: glibc and musl load addons of their own each. */
import { closeSync, openSync, readSync } from 'node:fs'
import { isThere, readQuietly } from './files'

/** Names of the loaders, as executables carry them in their first bytes and /proc/self/maps shows them. */
const MUSL_LOADER = '/ld-musl-'
const GLIBC_LOADER = '/ld-linux-'
const EXECUTABLE_HEAD_BYTES = 4096

/** Where to look; tests look elsewhere. */
export interface LibcTraces {
  /** The running executable. */
  readonly executable: string
  /** What is mapped into this process, one mapping a line. */
  readonly maps: string
  /** Loaders, in the place where each has to be. */
  readonly muslLoader: string
  readonly glibcLoader: string
}

const IS_ARM = process.arch === 'arm64'
const TRACES: LibcTraces = {
  executable: process.execPath,
  maps: '/proc/self/maps',
  muslLoader: `/lib/ld-musl-${IS_ARM ? 'aarch64' : 'x86_64'}.so.1`,
  glibcLoader: IS_ARM ? '/lib/ld-linux-aarch64.so.1' : '/lib64/ld-linux-x86-64.so.2',
}

/**
 * glibc or musl, by the loader that the executable names; where that cannot be read or names none (one that was patched), by the loader
 * that is mapped; without /proc, by the one that is installed, glibc's where both are. Not by `process.report`, which takes hundreds of
 * milliseconds and ends the process under qemu with OS pages of 16 or 64 KiB.
 */
export function libc(traces: LibcTraces = TRACES): 'glibc' | 'musl' {
  for (const text of [head(traces.executable), readQuietly(traces.maps, 'latin1')]) {
    if (text.includes(MUSL_LOADER)) return 'musl'
    if (text.includes(GLIBC_LOADER)) return 'glibc'
  }
  return isThere(traces.muslLoader) && !isThere(traces.glibcLoader) ? 'musl' : 'glibc'
}

/** The first bytes of a file, none where it cannot be read. */
function head(file: string): Buffer {
  const bytes = Buffer.alloc(EXECUTABLE_HEAD_BYTES)
  try {
    const descriptor = openSync(file, 'r')
    try {
      readSync(descriptor, bytes, 0, bytes.length, 0)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return Buffer.alloc(0)
  }
  return bytes
}
