import type { Io } from '../../lib/cli/io'

/** An {@link Io} that writes nowhere and waits for nobody: what was written is kept, and waiting moves its clock on. */
export class TestIo implements Io {
  stdout = ''
  stderr = ''
  readonly env: Record<string, string | undefined> = {}
  readonly files: Record<string, string>
  readonly platform: NodeJS.Platform
  #now = 1_000_000

  /** @param files - by path; what is not here cannot be read */
  constructor(files: Record<string, string> = {}, platform: NodeJS.Platform = 'linux') {
    this.files = files
    this.platform = platform
  }

  readonly out = {
    write: (text: string): void => {
      this.stdout += text
    },
  }
  readonly err = {
    write: (text: string): void => {
      this.stderr += text
    },
  }
  readonly now = (): number => this.#now
  readonly wait = async (ms: number): Promise<void> => {
    this.#now += ms
  }
  /** Who is told of signals. */
  listener: ((signal: NodeJS.Signals) => void) | undefined
  readonly onSignals = (listener: (signal: NodeJS.Signals) => void) => {
    this.listener = listener
    return () => {
      this.listener = undefined
    }
  }
  readonly onKeys: Io['onKeys'] = undefined
  readonly read = (path: string): string => {
    const text = this.files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
}
