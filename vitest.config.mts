import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // The workers of Stryker are threads, which take no flags of V8.
    execArgv: process.env.STRYKER_MUTATOR_WORKER === undefined ? ['--expose-gc'] : [],
    setupFiles: process.env.EBB_DEBUG ? ['test/support/debug-heaps.ts'] : [],
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { lines: 95 },
    },
  },
})
