'use strict'
// Makes the declarations in dist/ fit older compilers than ours: `Int32Array<ArrayBuffer>` is an error before TypeScript 5.7, whose
// typed arrays take no parameter, and `Int32Array` says less from 5.7 on. What `slice` returns is the one or the other.
// `Int32Array<ArrayBufferLike>` is `Int32Array` everywhere.
const { readdirSync, readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const dist = path.join(__dirname, '..', 'dist')

for (const name of readdirSync(dist, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue
  const file = path.join(dist, name)
  const text = readFileSync(file, 'utf8')
  const adapted = text
    .replace(/\b(\w+Array|Buffer|DataView)<ArrayBufferLike>/g, '$1')
    .replace(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1['slice']>")
    .replace(/\bBuffer<ArrayBuffer>/g, 'ReturnType<typeof Buffer.alloc>')
  if (adapted !== text) writeFileSync(file, adapted)
}
