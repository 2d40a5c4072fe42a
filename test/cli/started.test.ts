import { describe, expect, it } from 'vitest'
import { startCommand } from '../../lib/cli/started'

const node = (script: string) => [process.execPath, '-e', script]

describe('a command that was started', () => {
  it('tells how it ended', async () => {
    const { ended } = await startCommand('record', node('process.exit(3)'))
    expect(await ended).toEqual({ exitCode: 3, signal: undefined })
  })

  it('has the environment that it was given, and can be ended by a signal', async () => {
    const env = { ...process.env, ANSWER: '42' }
    const started = await startCommand('live', node('process.exit(Number(process.env.ANSWER))'), { env })
    expect(await started.ended).toEqual({ exitCode: 42, signal: undefined })
    const waiting = await startCommand('live', node('setInterval(() => {}, 1000)'))
    waiting.kill('SIGKILL')
    expect((await waiting.ended).exitCode === 0).toBe(false)
  })

  it('is refused by name where there is none', async () => {
    await expect(startCommand('live', ['no-such-command-at-all'])).rejects.toMatchObject({
      name: 'CliError',
      exit: 4,
      message: 'ebb live: cannot start no-such-command-at-all: there is no such command',
    })
  })
})
