/**
 * node:worker_threads, loaded when it is asked for: imported, it would add 1.4 ms and 0.7 MB to the loading of ebb. Node before 20.16 has
 * no `getBuiltinModule`.
 */
export const workerThreads = (): typeof import('node:worker_threads') =>
  process.getBuiltinModule === undefined
    ? require('node:worker_threads')
    : process.getBuiltinModule('node:worker_threads')
