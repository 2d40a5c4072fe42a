'use strict'
// Packs the tarball as it would be published, without running a script, and tells its size. What is packed is what lies in
// dist/ and prebuilds/: build both before.
//
//     node scripts/platforms/pack.js [folder to put it in]
const { existsSync, mkdirSync } = require('node:fs')
const path = require('node:path')
const { cache, npm, root } = require('./tools.js')

/** The tarball may not grow past this. */
const MAX_PACKED = 2 * 1024 * 1024

/** Returns the tarball's path, its size in bytes and the paths in it. */
function pack(destination = cache) {
  if (!existsSync(path.join(root, 'dist', 'index.mjs'))) throw new Error('no dist/: run npm run build:ts first')
  mkdirSync(destination, { recursive: true })
  const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination]))
  const files = packed.files.map((file) => file.path)
  if (packed.size > MAX_PACKED) throw new Error(`the tarball has ${packed.size} bytes, more than ${MAX_PACKED}`)
  return {
    tarball: path.join(destination, packed.filename),
    size: packed.size,
    unpackedSize: packed.unpackedSize,
    files,
  }
}

module.exports = { MAX_PACKED, pack }

if (require.main === module) {
  const { tarball, size, unpackedSize, files } = pack(process.argv[2])
  for (const file of files.filter((name) => name.startsWith('prebuilds/'))) console.log(file)
  console.log(
    `${tarball}: ${size} bytes packed, ${unpackedSize} unpacked, ${files.length} files, limit ${MAX_PACKED} packed`,
  )
}
