/** Puts the results of a run into a page of docs/, between two marks: numbers there are never typed by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './root'

/**
 * Replaces what stands between `<!-- NAME begin -->` and `<!-- NAME end -->`.
 * @param page - its name in docs/
 * @param text - Markdown; its headings go one level down
 * @returns the file
 */
export function writeDocument(page: string, name: string, text: string): string {
  const file = join(projectRoot(), 'docs', page)
  const before = readFileSync(file, 'utf8')
  const begin = `<!-- ${name} begin -->`
  const end = `<!-- ${name} end -->`
  const from = before.indexOf(begin)
  const to = before.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no marks ${begin} and ${end}`)
  const nested = text.trim().replace(/^## /gm, '### ')
  writeFileSync(file, `${before.slice(0, from + begin.length)}\n\n${nested}\n\n${before.slice(to)}`)
  return file
}
