import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { PACKAGE_FOLDER } from '../../lib/base/folder'
import { runChild, said } from '../support/child'

describe('the folder of the package', () => {
  it('holds its manifest and its addon, for sources and for the bundle', async () => {
    expect(JSON.parse(readFileSync(path.join(PACKAGE_FOLDER, 'package.json'), 'utf8')).name).toBe('ebb')
    const result = await runChild('say(PACKAGE_FOLDER)')
    expect([said(result), result.stderr]).toEqual([[PACKAGE_FOLDER], ''])
    expect(existsSync(path.join(PACKAGE_FOLDER, 'native'))).toBe(true)
  })
})
