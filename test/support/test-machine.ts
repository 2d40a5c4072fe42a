/** A machine of files: a folder in place of `/`, which a test writes as a kernel would, with real watchers on it, and a clock to be told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import { RealSystem } from '../../lib/pressure/system'
import { ManualClock } from './manual-clock'

export const MIB = 2 ** 20

const made = new Set<string>()

afterEach(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true })
  made.clear()
})

export class TestMachine {
  readonly root = mkdtempSync(path.join(tmpdir(), 'ebb-machine-'))
  readonly clock = new ManualClock()
  readonly env: Record<string, string | undefined> = {}
  readonly system = new RealSystem(this.root, this.clock, this.env)

  constructor(files: Readonly<Record<string, string>> = {}) {
    made.add(this.root)
    for (const [file, text] of Object.entries(files)) this.put(file, text)
  }

  at(file: string): string {
    return path.join(this.root, file)
  }

  put(file: string, text: string): void {
    mkdirSync(path.dirname(this.at(file)), { recursive: true })
    writeFileSync(this.at(file), `${text}\n`)
  }

  remove(file: string): void {
    rmSync(this.at(file), { recursive: true })
  }
}

/** What a group of version 2 says. */
export interface GroupFiles {
  /** MiB */
  readonly current: number
  readonly max?: number | 'max'
  readonly high?: number | 'max'
  readonly file?: number
  readonly events?: string
}

/** Writes the files of a group of version 2; memory.events last, which is the one that is watched. */
export function putGroup(machine: TestMachine, folder: string, group: GroupFiles): void {
  const bytes = (mib: number | 'max' = 'max'): string => (mib === 'max' ? mib : String(mib * MIB))
  const at = `/sys/fs/cgroup${folder}`
  machine.put(`${at}/memory.current`, bytes(group.current))
  machine.put(`${at}/memory.max`, bytes(group.max))
  machine.put(`${at}/memory.high`, bytes(group.high))
  machine.put(
    `${at}/memory.stat`,
    `anon 4096\nfile ${bytes(group.file ?? 0)}\ninactive_file ${bytes(group.file ?? 0)}\nactive_file 0\nslab_reclaimable 0`,
  )
  machine.put(`${at}/memory.events`, group.events ?? 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0')
}

/** A machine whose process is in `/app`, a group of version 2. */
export function machineWithGroup(group: GroupFiles): TestMachine {
  const machine = new TestMachine({ '/proc/self/cgroup': '0::/app' })
  putGroup(machine, '/app', group)
  return machine
}
