/** One line that says how far the demo is: rewritten on a terminal, one line for each phase elsewhere. */
import type { WriteStream } from 'node:tty'
import type { PhaseName } from './child'
import { ARM_TITLES, type ArmName } from './players'
import type { OnProgress } from './watch'

const WORDS: Readonly<Record<PhaseName | 'start', string>> = {
  start: 'starts, unpacks the recorded programs',
  compute: 'large computation',
  drop: 'results dropped, idle',
  simulate: 'short simulations',
  end: 'drops the rest',
}

export interface ProgressLine {
  readonly show: OnProgress
  end(): void
}

export function progressLine(stream: WriteStream): ProgressLine {
  let shown = ''
  const show = (arm: ArmName, phase: PhaseName | 'start', done: number, growth: number): void => {
    const head = `${ARM_TITLES[arm].padEnd(18)} ${WORDS[phase]}`
    if (!stream.isTTY) {
      if (head !== shown) stream.write(`${head}\n`)
      shown = head
      return
    }
    const share = phase === 'compute' || phase === 'simulate' ? `${(100 * done).toFixed(0).padStart(3)} %` : ''
    const size = phase === 'start' ? '' : `${(growth / 2 ** 20).toFixed(0).padStart(5)} MiB grown`
    stream.write(`\r\u001b[2K${head.padEnd(58)} ${share.padStart(5)} ${size}`)
    shown = head
  }
  const end = (): void => {
    if (stream.isTTY && shown !== '') stream.write('\r\u001b[2K')
    shown = ''
  }
  return { show, end }
}
