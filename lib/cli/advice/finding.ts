/** What a rule finds, and how it is printed. */
import type { Ink, Look } from '../draw/ink'
import { wrap } from '../help'

/**
 * `PASS`: as it should be. `NOTE`: worth knowing. `WARN`: memory is held or will be missed, and there is a remedy. `FAIL`: ebb does not
 * work here.
 */
export type Level = 'PASS' | 'NOTE' | 'WARN' | 'FAIL'

export interface Finding {
  readonly level: Level
  /** What was looked at, two or three words. */
  readonly topic: string
  /** What was found, with its figures: a sentence without a full stop. */
  readonly text: string
  /** What to do, where there is something to do. */
  readonly remedy?: string
}

const LOOKS: Readonly<Record<Level, Look>> = { PASS: 'green', NOTE: 'cyan', WARN: 'yellow', FAIL: 'red' }

/** From the best to the worst. */
const LEVELS: readonly Level[] = ['PASS', 'NOTE', 'WARN', 'FAIL']

/** The worst level of all findings; PASS where there are none. */
export const worst = (findings: readonly Finding[]): Level =>
  LEVELS[Math.max(0, ...findings.map(({ level }) => LEVELS.indexOf(level)))] as Level

/** Widest topic, in characters. */
const TOPIC_WIDTH = 18

/** Findings as lines: level, topic, text; the remedy below. */
export function showFindings(findings: readonly Finding[], ink: Ink, width: number): string[] {
  const indent = 6 + TOPIC_WIDTH + 1
  return findings.flatMap(({ level, topic, text, remedy }) => {
    const lines = [...wrap(text, indent, width), ...(remedy === undefined ? [] : wrap(`-> ${remedy}`, indent, width))]
    const first = `${ink(LOOKS[level], level)}  ${topic.padEnd(TOPIC_WIDTH)} ${(lines[0] as string).trimStart()}`
    return [first, ...lines.slice(1)]
  })
}

/** `12 PASS, 1 NOTE, no WARN`. */
export function showCounts(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length
  const shown = LEVELS.filter((level) => level !== 'FAIL' || count(level) > 0)
  return shown.map((level) => `${count(level) === 0 ? 'no' : count(level)} ${level}`).join(', ')
}

/** A finding that was read from JSON; undefined for what is none. */
export function findingOf(value: unknown): Finding | undefined {
  const { level, topic, text, remedy } = (value ?? {}) as Partial<Record<keyof Finding, unknown>>
  if (!LEVELS.includes(level as Level) || typeof topic !== 'string' || typeof text !== 'string') return undefined
  return { level: level as Level, topic, text, ...(typeof remedy === 'string' ? { remedy } : {}) }
}
