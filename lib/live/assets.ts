/** The files of the page. They are read once, all of them: nothing that a request says becomes a path of the file system. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A file as it is sent. */
export interface Asset {
  readonly type: string
  readonly bytes: Buffer
}

const TYPES: { readonly [extension: string]: string } = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** The page itself is the asset with the empty name. */
export function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>()
  for (const name of readdirSync(folder)) {
    const type = TYPES[path.extname(name)]
    if (type === undefined) continue
    assets.set(name === 'index.html' ? '' : name, { type, bytes: readFileSync(path.join(folder, name)) })
  }
  return assets
}

/** Nothing but the page's own files, no script in the page, no frame round it, no word of its address to anybody. */
export const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const
