'use strict'
// Makes the screens of docs/cli.md anew, by running the commands that stand above them, and docs/img/record.svg. Linux only, as the
// commands are.
const { spawn } = require('node:child_process')
const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const page = path.join(root, 'docs', 'cli.md')
const program = path.join('scripts', 'screens', 'sessions.js')

/** Runs node, and gives what it prints on both outputs. */
function node(args, { until } = {}) {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  return new Promise((resolve, reject) => {
    const hear = (part) => {
      text += part
      if (until?.test(text)) resolve({ child, text })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', reject)
    child.on('close', () => resolve({ child, text }))
  })
}

const ebb = async (...words) => (await node([path.join('scripts', 'ebb.js'), ...words])).text.trimEnd()

/** Runs a command while the program runs, with its inspector at a port that the system chooses. */
async function beside(seconds, command) {
  const { child, text } = await node(['--inspect=127.0.0.1:0', program, 'stay'], { until: /ws:\S+/ })
  try {
    await new Promise((done) => setTimeout(done, seconds * 1000))
    return await command(/ws:\/\/(\S+)\//.exec(text)[1])
  } finally {
    child.kill('SIGKILL')
  }
}

/** By the command line that stands in the page. */
const SCREENS = {
  'ebb --help': () => ebb('--help'),
  'ebb doctor': () => ebb('doctor'),
  'ebb doctor --inspect 9229': () => beside(4, (address) => ebb('doctor', '--inspect', address)),
  'ebb top --inspect 9229': () =>
    beside(0.5, async (address) => {
      const screens = await ebb('top', '--inspect', address, '--samples', '30', '--interval', '150')
      return screens.slice(screens.lastIndexOf('ebb top: process'))
    }),
  'ebb record -o rss.svg -- node sessions.js': () => {
    const out = path.join('docs', 'img', 'record.svg')
    return ebb('record', '--out', out, '--title', 'node sessions.js', '--', process.execPath, program)
  },
}

async function main() {
  let text = readFileSync(page, 'utf8')
  for (const [command, run] of Object.entries(SCREENS)) {
    const mark = `<!-- screen: ${command} -->\n`
    const start = text.indexOf(mark)
    const end = text.indexOf('<!-- /screen -->', start)
    if (start < 0 || end < 0) throw new Error(`${page} has no place for the screen of ${command}`)
    const screen = (await run()).trim().replaceAll(path.join('docs', 'img', 'record.svg'), 'rss.svg')
    text = `${text.slice(0, start)}${mark}\n\`\`\`text\n$ npx ${command}\n${screen}\n\`\`\`\n\n${text.slice(end)}`
    console.log(`${command}: ${screen.split('\n').length} lines`)
  }
  writeFileSync(page, text)
}

main()
