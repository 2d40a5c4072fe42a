import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The workers of Stryker are threads, which take no flags of V8. */
const isMutated = process.env.STRYKER_MUTATOR_WORKER !== undefined
/** Test files in the order in which they are to run: scripts/mutants.js names the one first that finds most. */
const order = process.env.EBB_TEST_ORDER?.split(',') ?? []

class NamedOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number =>
      order.indexOf(path.relative(import.meta.dirname, moduleId))
    return [...files].sort((a, b) => placeOf(a) - placeOf(b))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    execArgv: isMutated ? [] : ['--expose-gc'],
    sequence: order.length > 0 ? { sequencer: NamedOrder } : {},
    setupFiles: process.env.EBB_DEBUG ? ['test/support/debug-heaps.ts'] : [],
    testTimeout: 60_000,
    silent: 'passed-only', // a seed is printed where a test fails
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { lines: 95 },
    },
  },
})
