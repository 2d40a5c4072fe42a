/** What may limit the address space of this process, for messages: read from /proc where there is one. */
import { readQuietly } from './files'

/** The soft limit of a line of /proc/self/limits, in bytes; undefined: unlimited, or not known. */
export function softLimit(limits: string, name: string): number | undefined {
  const value = new RegExp(`^${name}\\s+(\\d+)\\s`, 'm').exec(limits)?.[1]
  return value === undefined ? undefined : Number(value)
}

/** Limits of address space that are set, by the names under which a user knows them, with their values. */
export function limitsOf(): string {
  const limits = readQuietly('/proc/self/limits')
  const found: string[] = []
  const addresses = softLimit(limits, 'Max address space')
  if (addresses !== undefined) found.push(`ulimit -v (RLIMIT_AS) is ${addresses} bytes`)
  const data = softLimit(limits, 'Max data size')
  if (data !== undefined) found.push(`ulimit -d (RLIMIT_DATA) is ${data} bytes`)
  const locked = softLimit(limits, 'Max locked memory')
  if (/^VmLck:\s+[1-9]/m.test(readQuietly('/proc/self/status')) && locked !== undefined) {
    found.push(`ulimit -l (RLIMIT_MEMLOCK) is ${locked} bytes and memory is locked`)
  }
  if (readQuietly('/proc/sys/vm/overcommit_memory').trim() === '2') found.push('vm.overcommit_memory is 2 (strict)')
  const maps = Number(readQuietly('/proc/sys/vm/max_map_count'))
  if (maps > 0) found.push(`vm.max_map_count is ${maps} mappings`)
  return found.length > 0 ? found.join(', ') : 'its memory limit, as of the container or the job'
}
