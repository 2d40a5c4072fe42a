/** The native allocators that ebb is measured against: which are installed here, and how to talk to each. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { buildProgram, findPython, MissingTool, type PythonBuild } from './build'

/** An allocator that can be measured here. */
export interface InstalledPeer {
  readonly name: string
  readonly version: string
  /** Our driver, built for it. */
  readonly driver: string
  /** What LD_PRELOAD puts in malloc's place. */
  readonly preload?: string
  readonly missing?: undefined
}

/** One that cannot: a row of a table says so. */
export interface MissingPeer {
  readonly name: string
  /** Why, and how to install it. */
  readonly missing: string
}

export type Peer = InstalledPeer | MissingPeer

interface Library {
  readonly name: string
  readonly package: string
  readonly files: readonly string[]
}

/** Debian's names; other distributions mostly use the same. */
const LIBRARIES: readonly Library[] = [
  { name: 'jemalloc', package: 'libjemalloc2', files: ['libjemalloc.so.2'] },
  { name: 'mimalloc', package: 'libmimalloc2.0', files: ['libmimalloc.so.2.0', 'libmimalloc.so.2'] },
  { name: 'tcmalloc', package: 'libtcmalloc-minimal4', files: ['libtcmalloc_minimal.so.4'] },
]

const FOLDERS: readonly string[] = [
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
]

/** Every peer, in the order of tables: CPython's allocator, libc's, then those that replace libc's. */
export function nativePeers(): Peer[] {
  const peers = [findPymalloc(), findMalloc()]
  return [...peers, ...LIBRARIES.map(findLibrary)]
}

export const isInstalled = (peer: Peer): peer is InstalledPeer => peer.missing === undefined

/** One line for the head of a report. */
export function peerLine(peers: readonly Peer[]): string {
  return peers.map((peer) => (isInstalled(peer) ? `${peer.name} ${peer.version}` : `no ${peer.name}`)).join(', ')
}

function findPymalloc(): Peer {
  return found('pymalloc', () => {
    const driver = buildPymallocDriver(findPython())
    return { name: 'pymalloc', version: askVersion(driver), driver }
  })
}

/**
 * Linked with the archive where that works: those are the objects that the python3 program is made of, and its allocator is called
 * directly. Through the shared library each call costs about 1 ns more, which would flatter ebb.
 */
function buildPymallocDriver(python: PythonBuild): string {
  const { archive } = python
  if (archive !== undefined) {
    const link = ['-no-pie', '-Wl,--export-dynamic', archive, '-lexpat', '-lz', '-lm', '-ldl', '-lutil', '-lpthread']
    try {
      return buildProgram('driver-pymalloc-static', 'peers/driver.c', ['-DDRIVER_PYTHON'], { ...python, link })
    } catch (error) {
      if (!(error instanceof MissingTool)) throw error
    }
  }
  return buildProgram('driver-pymalloc', 'peers/driver.c', ['-DDRIVER_PYTHON'], python)
}

function findMalloc(): Peer {
  return found('glibc', () => {
    const driver = buildMallocDriver()
    return { name: 'glibc', version: askVersion(driver), driver }
  })
}

function findLibrary(library: Library): Peer {
  return found(library.name, () => {
    const preload = library.files
      .flatMap((file) => FOLDERS.map((folder) => `${folder}/${file}`))
      .find((file) => existsSync(file))
    if (preload === undefined)
      throw new MissingTool(`${library.files[0]} is not installed (apt-get install ${library.package})`)
    return { name: library.name, version: packageVersion(library.package), driver: buildMallocDriver(), preload }
  })
}

/** Only what is missing makes a missing peer; any other failure is a fault of ours. */
function found(name: string, find: () => InstalledPeer): Peer {
  if (process.platform !== 'linux') return { name, missing: 'the driver reads /proc and needs LD_PRELOAD: Linux only' }
  try {
    return find()
  } catch (error) {
    if (error instanceof MissingTool) return { name, missing: error.message }
    throw error
  }
}

// A compiler that knows malloc may drop a pair whose block nobody reads.
const buildMallocDriver = (): string =>
  buildProgram('driver-malloc', 'peers/driver.c', [
    '-fno-builtin-malloc',
    '-fno-builtin-calloc',
    '-fno-builtin-realloc',
    '-fno-builtin-free',
  ])

function askVersion(driver: string): string {
  const { stdout } = spawnSync(driver, ['version'], { encoding: 'utf8' })
  return (JSON.parse(stdout) as { version: string }).version
}

/** Libraries do not tell their version in one way; the package manager knows. */
function packageVersion(name: string): string {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '$' + '{Version}', name], { encoding: 'utf8' })
  return status === 0 ? stdout.replace(/[-+].*$/, '') : 'unknown version'
}

const environmentOf = (peer: InstalledPeer): NodeJS.ProcessEnv =>
  peer.preload === undefined ? process.env : { ...process.env, LD_PRELOAD: peer.preload }

/** One sampled round; bytes of resident memory are growth since the trace was loaded. */
export interface SampledRound {
  /** [operation, resident growth in bytes, live bytes] */
  readonly samples: readonly (readonly [number, number, number])[]
  readonly residentSum: number
  readonly liveSum: number
}

/** What a list of sizes cost. */
export interface UsableSizes {
  readonly blocks: number
  readonly requested: number
  readonly usable: number
  readonly resident: number
}

/** A driver process that waits for commands: rounds of several can be interleaved. Commands of one are answered in order. */
export class PeerProcess {
  readonly peer: InstalledPeer
  readonly pid: number
  readonly #child: ChildProcess
  /** Why nothing can be asked any more. */
  #ended: Error | undefined
  readonly #waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = []

  constructor(peer: InstalledPeer) {
    this.peer = peer
    this.#child = spawn(peer.driver, [], { env: environmentOf(peer), stdio: ['pipe', 'pipe', 'inherit'] })
    this.pid = this.#child.pid ?? 0
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#answer(line))
    // A child that died is reported by 'close'; the pipe's own EPIPE would only say it again.
    this.#child.stdin!.on('error', () => {})
    this.#child.on('error', (error) => this.#fail(error))
    this.#child.on('close', (code, signal) => this.#fail(new Error(`${peer.name}: driver ended (${signal ?? code})`)))
  }

  /** Loads a flat trace (writeFlat); resident memory is counted from here. */
  load = (file: string): Promise<{ operations: number; closingFrees: number }> => this.#ask(`load ${file}`)

  /** Replays the whole trace: ns per operation and minor faults of each round. */
  rounds = (count = 1): Promise<{ ns: number[]; faults: number[] }> => this.#ask(`round ${count}`)

  /** Replays the operations [from, to); ns of all of it. */
  run = (from: number, to: number): Promise<{ ns: number; faults: number }> => this.#ask(`run ${from} ${to}`)

  /** Replays the whole trace, looking at the resident set after each `every` operations. */
  sample = (every: number): Promise<SampledRound> => this.#ask(`sample ${every}`)

  /** ns of an alloc and a free of `byteLength` bytes. */
  pairs = (byteLength: number, count: number): Promise<{ ns: number }> => this.#ask(`pairs ${byteLength} ${count}`)

  /** Allocates the sizes that the text file lists, one a line. */
  usable = (file: string): Promise<UsableSizes> => this.#ask(`usable ${file}`)

  /** Resident bytes, and their growth since the trace was loaded. */
  resident = (): Promise<{ bytes: number; growth: number }> => this.#ask('resident')

  /** Lets the process sleep; nothing is called meanwhile. */
  idle = (ms: number): Promise<Record<string, never>> => this.#ask(`idle ${ms}`)

  /** Ends the process; resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    const gone = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.stdin!.end('quit\n')
    await gone
  }

  #ask<Answer>(command: string): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      this.#waiting.push({ resolve: resolve as (answer: unknown) => void, reject })
      this.#child.stdin!.write(`${command}\n`)
    })
  }

  #answer(line: string): void {
    const waiting = this.#waiting.shift()
    const answer = JSON.parse(line) as { error?: string }
    if (answer.error === undefined) waiting?.resolve(answer)
    else waiting?.reject(new Error(`${this.peer.name}: ${answer.error}`))
  }

  #fail(error: Error): void {
    this.#ended ??= error
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }
}
