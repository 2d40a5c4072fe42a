/** The resident set of this process. */
import { readFileSync } from 'node:fs'

/** Bytes; exact on Linux (the kernel walks the page tables), what Node says elsewhere. */
export function processResidentBytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss()
  try {
    const line = /^Rss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))
    return line === null ? process.memoryUsage.rss() : Number(line[1]) * 1024
  } catch {
    return process.memoryUsage.rss()
  }
}
