'use strict'
// Writes the text that differs by the kind of number alone: the accessors of a heap and of a debug heap, the fields of
// records, the properties of rows, the lists of scalars, the dicts of plain numbers. V8 learns types per function, so each kind has functions of its own; a person edits the
// table and the templates in scripts/kinds/.
//
//     node scripts/write-kinds.js             writes the regions between the marks
//     node scripts/write-kinds.js --check     writes nothing, prints the files that differ, and ends with 1 if there are any
const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { accessor, checkedAccessor, farAccess } = require('./kinds/accessors')
const { dicts } = require('./kinds/dicts')
const { face, faceTable, list } = require('./kinds/lists')
const { field, property } = require('./kinds/records')
const { NUMBERS, SCALARS } = require('./kinds/scalars')

const MARKED = /(?<=^ *\/\/ <written by scripts\/write-kinds\.js>\n).*?(?=^ *\/\/ <\/written>$)/gms

/** The regions of each file, in their order. */
const FILES = {
  'lib/collections/list-faces.ts': [[...SCALARS.map(face), faceTable(SCALARS)].join('\n')],
  'lib/collections/list-kinds.ts': [SCALARS.map(list).join('\n')],
  'lib/collections/number-kinds.ts': [dicts()],
  'lib/debug/checked-numbers.ts': [NUMBERS.map(checkedAccessor).join('\n')],
  'lib/heap/numbers.ts': [NUMBERS.map(accessor).join('\n'), farAccess()],
  'lib/records/fields.ts': [SCALARS.map(field).join('\n')],
  'lib/records/rows.ts': [SCALARS.map(property).join('')],
}

const isCheck = process.argv.includes('--check')
for (const [name, regions] of Object.entries(FILES)) {
  const file = path.join(__dirname, '..', name)
  const text = readFileSync(file, 'utf8')
  const marked = text.match(MARKED)?.length ?? 0
  if (marked !== regions.length)
    throw new Error(
      `${name} has ${marked} regions with the marks of scripts/write-kinds.js, and needs ${regions.length}`,
    )
  const rest = [...regions]
  const written = text.replace(MARKED, () => rest.shift())
  if (written === text) continue
  if (!isCheck) writeFileSync(file, written)
  else {
    console.log(`${name} is not what scripts/write-kinds.js writes; run npm run write:kinds`)
    process.exitCode = 1
  }
}
