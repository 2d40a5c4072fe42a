'use strict'
/**
 * For a process at the limit of mappings: the engine ends it where it gets no page, so it has all it needs before, and compiles nothing.
 */
const MAPPING_FLAGS = ['--jitless', '--single-threaded-gc', '--min-semi-space-size=64', '--expose-gc']

module.exports = { MAPPING_FLAGS }
