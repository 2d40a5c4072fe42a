'use strict'
// Writes the ES module face of dist/: thin wrappers round the CommonJS modules, because two copies of the
// implementation would be two kinds of heap. The exported names are read from the modules themselves.
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { entries, root } = require('./entries.js')

for (const entry of entries) {
  const file = path.join(root, 'dist', entry)
  const names = Object.keys(require(`${file}.js`)).sort()
  const name = path.basename(entry)
  writeFileSync(`${file}.mjs`, `import cjs from './${name}.js'\n\nexport const { ${names.join(', ')} } = cjs\n`)
  writeFileSync(`${file}.d.mts`, `export * from './${name}.js'\n`)
}
