/** `ebb report`: one page for the browser from a recording, or from a snapshot of statistics. */
import path from 'node:path'
import type { Arguments } from '../arguments'
import type { Command } from '../command'
import { page } from '../draw/page'
import { snapshotPage } from '../draw/snapshot-page'
import { CliError, EXIT } from '../exit'
import { mustBeWritable, readInput, writeOutput } from '../files'
import type { Io } from '../io'
import { parseJson, readRecording } from '../recording'
import { readSnapshot } from '../snapshot'

export const report: Command = {
  name: 'report',
  summary: 'makes one HTML page from a recording or from statistics',
  usage: ['report FILE [--out FILE]'],
  about:
    'Makes a page that stands alone: pictures and tables, nothing from elsewhere, light and dark. FILE is a recording (.json or .csv of ' +
    '`ebb record`, CSV of ebb/rss), or a snapshot: what JSON.stringify makes of heap.stats(), of a heap, of a list of them or of allStats(); or what ' +
    '`ebb doctor --json` and a line of `ebb top --json` say of a process. - is the standard input.',
  options: [
    { name: 'out', short: 'o', value: 'FILE', help: 'the page; default: FILE with .html, - is the output' },
    { name: 'title', value: 'TEXT', help: 'a title for the page' },
  ],
  operands: 'file',
  examples: [
    ['npx ebb report rss.json', 'writes rss.html'],
    ['npx ebb doctor --inspect 9229 --json | npx ebb report - -o heaps.html', 'the heaps of a process as they are now'],
    ['npx ebb report heaps.json', "of fs.writeFileSync('heaps.json', JSON.stringify(allStats())) in a program"],
  ],
  async run(args: Arguments, io: Io) {
    const [file] = args.operands
    if (file === undefined) args.refuse('it needs a FILE, or - for the standard input')
    const out =
      args.text('out') ?? (file === '-' ? '-' : `${file.slice(0, file.length - path.extname(file).length)}.html`)
    if (out !== '-') mustBeWritable(out)
    if (out === file && out !== '-') args.refuse(`the page would take the place of ${file}; name another with --out`)
    const name = file === '-' ? 'the standard input' : path.basename(file)
    const text = await readInput(file)
    const html = pageOf(text, name, args.text('title'))
    if (out === '-') io.out.write(html)
    else {
      writeOutput(out, html)
      io.err.write(`written: ${out}\n`)
    }
    return EXIT.ok
  },
}

/** @throws CliError `file` for a text that is nothing of which a page can be made */
export function pageOf(text: string, name: string, title: string | undefined): string {
  const recording = readRecording(text, name)
  if (recording !== undefined) return page(title === undefined ? recording : { ...recording, title })
  const snapshot = readSnapshot(parseJson(text))
  if (snapshot !== undefined) return snapshotPage(snapshot, title ?? snapshot.title ?? name)
  throw new CliError(
    'file',
    `ebb report: ${name} is neither a recording (JSON or CSV of ebb record, CSV of ebb/rss) nor statistics of heaps as JSON`,
  )
}
