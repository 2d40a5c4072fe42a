/** Where the package lies, and its addons. A file that bundlers must understand: see scripts/bundle.js. */
import path from 'node:path'

/**
 * The package's own folder, seen from lib/base/ and from dist/chunks/ alike; `''` in a bundle of ES modules, where `__dirname` has no
 * value.
 */
export const PACKAGE_FOLDER = typeof __dirname === 'string' ? path.join(__dirname, '..', '..') : ''

/**
 * Where the prebuilt addons lie. Tools that trace or bundle files (nft, ncc) take the folder along if they see its name as it stands here:
 * they do not look into the body of an arrow function, and ncc knows no `join` of an imported `path`, and puts what it writes instead
 * straight behind `return` where spaces were dropped.
 */
export function prebuilds(): string {
  const folder = `${__dirname}/../../prebuilds`
  return folder
}
