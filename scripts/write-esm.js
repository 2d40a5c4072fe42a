'use strict'
// Writes the ES module face of dist/: thin wrappers round the CommonJS modules, because two copies of the
// implementation would be two kinds of heap. The exported names are read from the modules themselves.
const { existsSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const dist = path.join(__dirname, '..', 'dist')

for (const entry of ['index', 'rss/index', 'collections/index']) {
  if (!existsSync(path.join(dist, `${entry}.js`))) continue
  const names = Object.keys(require(path.join(dist, `${entry}.js`))).sort()
  writeFileSync(
    path.join(dist, `${entry}.mjs`),
    `import cjs from './${path.basename(entry)}.js'\n\nexport const { ${names.join(', ')} } = cjs\n`,
  )
  writeFileSync(path.join(dist, `${entry}.d.mts`), `export * from './${path.basename(entry)}.js'\n`)
}
