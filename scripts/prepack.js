'use strict'
// npm runs this before it packs or publishes: a tarball that lacks the addon of a platform is refused. The project's own packing for
// tests (platforms/pack.js) takes what is there: it runs no scripts.
const { existsSync } = require('node:fs')
const path = require('node:path')
const { TARGETS } = require('./prebuild.js')

const missing = TARGETS.filter(({ file }) => !existsSync(path.join(__dirname, '..', 'prebuilds', file)))
if (missing.length > 0) {
  console.error(
    `Not packed: ${missing.length} of ${TARGETS.length} prebuilt addons are missing; \`npm run prebuilds\` builds them.`,
  )
  for (const { name, file } of missing) console.error(`  ${name}: prebuilds/${file}`)
  process.exitCode = 1
}
