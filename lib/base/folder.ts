import path from 'node:path'

/**
 * The package's own folder, seen from lib/base/ and from dist/chunks/ alike; `''` in a bundle of ES modules, where `__dirname` has no
 * value.
 */
export const PACKAGE_FOLDER = typeof __dirname === 'string' ? path.join(__dirname, '..', '..') : ''
