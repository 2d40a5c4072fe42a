'use strict'
// Changes lib/ in small ways, one at a time, and runs the tests that reach the change: what no test notices is printed. (Stryker.)
//     FILES           files or folders of lib/; default: FOLDERS below
//     --tests GLOBS   the test files, separated by commas; default: those of TESTS
//     --again         only the lines where mutants survived before
//     --patient       with --again: also those where they ran out of time, with more of it
//     --sample N      only the mutants within every so many-th line, on average; they are chosen by --seed, default 1
//     --summary       tests nothing: adds up what earlier runs have found
// Results are kept in out/mutants/, as JSON and as a page for a browser, for each file of lib/. Ends non-zero if a file scores less than
// SCORE_MIN without the mutants that scripts/mutants/explained.js knows. The first run downloads Stryker into build/mutants/: some 150 packages
// that nothing else here needs.
const { createHash } = require('node:crypto')
const { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { parseArgs } = require('node:util')
const { isExplained } = require('./mutants/explained.js')
const { installNpm, root } = require('./platforms/tools.js')

const STRYKER = ['@stryker-mutator/core@9.6.1', '@stryker-mutator/vitest-runner@9.6.1']
/** Where those are kept from run to run. */
const tools = path.join(root, 'build', 'mutants')
const results = path.join(root, 'out', 'mutants')
const FOLDERS = ['lib/books', 'lib/release', 'lib/supply', 'lib/heap']
const filesIn = (folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => `${folder}/${file}`)
const names = (folder, files) => files.split(' ').map((file) => `test/${folder}/${file}.test.ts`)
/** Tests that walk through most of lib/ in some hundred milliseconds each. */
const BROAD = [...names('books', 'counts'), ...names('base', 'channels')]
/** Quick tests that reach a folder, or a file: a mutant is run against each of them that comes by, until one fails. */
const TESTS = {
  books: [...filesIn('test/books'), ...names('supply', 'arenas dirty-pools runs whole-runs'), ...BROAD],
  release: [...filesIn('test/release'), ...BROAD],
  supply: [
    ...names('supply', 'arenas dirty-pools lone-blocks magazines parts past resting-pools runs whole-runs'),
    ...names('heap', 'heap resize'),
    ...names('release', 'purger'),
    ...BROAD,
  ],
  'supply/kept-memory.ts': [...names('supply', 'kept-memory large-blocks lone-blocks'), ...BROAD],
  'supply/large-blocks.ts': [...names('supply', 'kept-memory large-blocks lone-blocks'), ...BROAD],
  heap: [
    ...names('heap', 'closed door free heap heaps lists live-blocks near-bytes numbers options owners pins refuse'),
    ...names('heap', 'resize strings take texts wrong-accesses'),
    ...names('base', 'errors'),
    ...BROAD,
  ],
  'heap/all-stats.ts': names('heap', 'all-stats'),
  'heap/compact.ts': [...names('heap', 'compact survey compact-choices owners pins clearing-heap'), ...BROAD],
  'heap/idle.ts': names('heap', 'idle-passes idle'),
  'heap/variants.ts': names('heap', 'variants clearing-heap'),
  'heap/numbers.ts': [...names('heap', 'numbers wrong-accesses closed near-bytes heap'), ...BROAD],
}
/** Percent. */
const SCORE_MIN = 85
/** For mutants that ran out of time before: on a busy machine that may be no fault of theirs. Otherwise stryker.config.json has it. */
const PATIENT_MS = 10_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: 'string' },
    again: { type: 'boolean', default: false },
    patient: { type: 'boolean', default: false },
    sample: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    summary: { type: 'boolean', default: false },
  },
})

const folderOf = (file) => path.basename(path.dirname(file))

/** The sources below what is named, as paths from the checkout. */
function sources(names) {
  return names.flatMap((name) => {
    if (!statSync(path.join(root, name)).isDirectory()) return [name]
    return filesIn(name)
  })
}

const isNoticed = ({ status }) => status === 'Killed' || status === 'Timeout'
const isMissed = ({ status }) => status === 'Survived' || status === 'NoCoverage'

/**
 * What became of mutants, in numbers, and two scores in percent: of all, and without those that are explained. Mutants that do not run, or are
 * ignored, do not count.
 */
function count(mutants) {
  const of = (status) => mutants.filter((mutant) => mutant.status === status).length
  const counts = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(of)
  const all = counts.reduce((sum, some) => sum + some, 0)
  const noticed = mutants.filter(isNoticed).length
  const explained = mutants.filter((mutant) => isMissed(mutant) && isExplained(mutant.file, mutant)).length
  const score = (total) => (total === 0 ? 100 : (100 * noticed) / total).toFixed(1)
  return [all, ...counts, explained, score(all), score(all - explained)]
}

const resultOf = (file) => path.join(results, file.replaceAll('/', '-'))
const keyOf = ({ line, part, replacement }) => [line, part, replacement].join('\n')

/** The test files for a file of lib/, its own first: it kills most mutants. */
function testsOf(file) {
  const own = file.replace('lib/', 'test/').replace('.ts', '.test.ts')
  const tests = TESTS[file.slice('lib/'.length)] ?? TESTS[folderOf(file)]
  return tests.includes(own) ? [...new Set([own, ...tests])] : tests
}

/** Stryker, installed unless it is. It works with the vitest of the checkout: without --omit=peer it would bring its own. */
function stryker() {
  installNpm(tools, '--omit=peer', ...STRYKER)
  return import(pathToFileURL(path.join(tools, 'node_modules/@stryker-mutator/core/dist/src/index.js')).href)
}

/** Runs the mutants of a file, or those within some ranges of its lines. */
async function run(file, ranges) {
  const { Stryker } = await stryker()
  const mutate = ranges?.map(([first, last]) => `${file}:${first}-${last}`) ?? [file]
  const testFiles = values.tests?.split(',') ?? testsOf(file)
  process.env.EBB_TEST_ORDER = testFiles.join()
  const htmlReporter = { fileName: `${resultOf(file)}.html` }
  const patience = values.patient ? { timeoutMS: PATIENT_MS } : {}
  const mutants = await new Stryker({ mutate, testFiles, htmlReporter, ...patience }).runMutationTest()
  const texts = readFileSync(path.join(root, file), 'utf8').split('\n')
  return mutants
    .filter(({ status }) => status !== 'Ignored')
    .map(({ status, mutatorName, replacement, location: { start, end } }) => ({
      status,
      file,
      mutatorName,
      line: start.line,
      height: end.line - start.line,
      text: texts[start.line - 1].trim(),
      part: start.line === end.line ? texts[start.line - 1].slice(start.column - 1, end.column - 1) : '...',
      replacement,
    }))
}

/** Runs a file's mutants again that an earlier run has not killed. What has changed since is found by its text; new lines are not. */
async function runAgain(file) {
  const texts = readFileSync(path.join(root, file), 'utf8').split('\n')
  const known = JSON.parse(readFileSync(`${resultOf(file)}.json`, 'utf8')).flatMap((mutant) => {
    const lines = texts.flatMap((text, index) => (text.trim() === mutant.text ? [index + 1] : []))
    const away = (line) => Math.abs(line - mutant.line)
    const [line] = lines.sort((a, b) => away(a) - away(b))
    return line === undefined ? [] : [{ ...mutant, file, line }]
  })
  const isOpen = (mutant) => (values.patient ? mutant.status !== 'Killed' : isMissed(mutant))
  const ranges = known.filter(isOpen).map(({ line, height }) => [line, line + height])
  const after = ranges.length === 0 ? [] : await run(file, ranges)
  const done = new Set(after.map(keyOf))
  return [...known.filter((mutant) => !done.has(keyOf(mutant))), ...after]
}

/** Ranges of some lines of a file, the same for the same seed. */
function sampleOf(file) {
  const lines = readFileSync(path.join(root, file), 'utf8').split('\n')
  const chosen = (line) => {
    const hash = createHash('sha256').update(`${values.seed} ${file} ${line}`).digest()
    return hash.readUInt32LE() % Number(values.sample) === 0
  }
  return lines.flatMap((_, index) => (chosen(index + 1) ? [[index + 1, index + 1]] : []))
}

async function test(file) {
  const found = await (values.again ? runAgain(file) : run(file, values.sample === '1' ? undefined : sampleOf(file)))
  mkdirSync(results, { recursive: true })
  writeFileSync(`${resultOf(file)}.json`, `${JSON.stringify(found, null, 1)}\n`)
  for (const { status, line, text, part, replacement } of found.filter(isMissed)) {
    console.log(`${status} ${file}:${line}: ${text}\n    ${part}  ->  ${replacement}`)
  }
  return found
}

/** What earlier runs have found, by file. */
function found() {
  const names = readdirSync(results).filter((name) => name.endsWith('.json'))
  return names.map((name) => {
    const file = name.replace(/^lib-([a-z]+)-(.*)\.json$/, 'lib/$1/$2')
    const mutants = JSON.parse(readFileSync(path.join(results, name), 'utf8'))
    return [file, mutants.map((mutant) => ({ ...mutant, file }))]
  })
}

function print(rows) {
  console.log(
    '| mutants of | all | killed | out of time | survived | not reached | of these explained | score | without the explained |',
  )
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const [name, mutants] of rows) console.log(`| ${[name, ...count(mutants)].join(' | ')} |`)
}

async function main() {
  const byFile = values.summary ? found() : []
  if (!values.summary) {
    for (const file of sources(positionals.length > 0 ? positionals : FOLDERS)) byFile.push([file, await test(file)])
  }
  const folders = [...new Set(byFile.map(([file]) => path.dirname(file)))]
  const inFolder = (folder) => byFile.flatMap(([file, mutants]) => (path.dirname(file) === folder ? mutants : []))
  print([...byFile, ...folders.map((folder) => [folder, inFolder(folder)])])
  process.exitCode = byFile.every(([, mutants]) => Number(count(mutants).at(-1)) >= SCORE_MIN) ? 0 : 1
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
