/** Tests that are left out of `npm run test:debug`, by file, and why. */
export const WITHOUT_DEBUG: {
  readonly [file: string]: { readonly reason: string; readonly tests: readonly string[] | 'all' }
} = {
  'test/collections/list-entries.test.ts': {
    reason: "they count usable bytes of size classes, and ask the registry by the heap's own pointers",
    tests: [
      'a list of texts > frees what is taken out, replaced or cleared',
      'the registry > knows the blocks of lists from others, even where those look like entries',
    ],
  },
  'test/collections/list-model.test.ts': {
    reason: 'they wait for live bytes to be those of the lists, and guards are live bytes',
    tests: [
      'a list of entries does what an Array does > in 60,000 operations on texts, compacted in between, with a decay',
      'a list of entries does what an Array does > in 60,000 operations on texts, compacted in between, with none',
    ],
  },
  'test/collections/list.test.ts': {
    reason: 'they count usable bytes of size classes',
    tests: [
      'the memory of a list > is 8 bytes a float and little more when there are many',
      'the memory of a list > starts small: a hundred lists of ten take less than 200 bytes each',
    ],
  },
  'test/collections/moves.test.ts': {
    reason:
      "they ask the registry of owners by the caller's pointers, which of a debug heap knows those of the heap below",
    tests: [
      'collections > are what their models are while blocks move by compact()',
      'collections > are what their models are while blocks move by compact() in small steps',
      'collections > are what their models are while blocks move by compact(moved)',
      'collections > are what their models are while blocks move by idle slices',
    ],
  },
  'test/heap/clearing-heap.test.ts': {
    reason: 'a debug heap fills what is freed with dd, and clears nothing',
    tests: 'all',
  },
  'test/heap/compact.test.ts': {
    reason:
      'they look into pins and runs of the heap below; which blocks move, and that a block pinned while it moves stays in both places, differs',
    tests: [
      'what compaction gives back > leaves no more than one pool that is not full in every class',
      'moved > cannot free or resize the block that is moving where it was, whatever it allocates after',
      'moved > may allocate, free, resize, pin and purge as it likes',
      'pins > can be set by the callback on the block that is moving: it stays in both places',
    ],
  },
  'test/heap/free.test.ts': {
    reason: 'they call the slow paths of the heap below',
    tests: ['frees a block of any kind, whatever state its run is in', 'refuses a pinned block, and changes nothing'],
  },
  'test/heap/heap.test.ts': {
    reason: 'usableSize is what was asked for',
    tests: ['a heap > gives a distinct block for 0 bytes', 'a heap > gives views on the block itself'],
  },
  'test/heap/heaps.test.ts': {
    reason: 'it counts collected heaps after one collection of garbage',
    tests: ['heaps > keeps none alive'],
  },
  'test/heap/idle.test.ts': {
    reason: 'guards change what a pass finds worth it',
    tests: ['a heap made with compact: idle > begins again when enough was freed since, and not before'],
  },
  'test/heap/near-bytes.test.ts': {
    reason: 'they call the functions of the heap below; copies of a debug heap have ArrayBuffers of their own',
    tests: [
      'copies > share no byte, and cannot be transferred from under each other',
      'a near block > has the usable bytes of its class, where it is live and of this heap',
    ],
  },
  'test/heap/owners.test.ts': {
    reason: "they ask the registry of owners by the caller's pointers",
    tests: [
      'the owners of a heap > are found by the first word of a block, and asked whether it is theirs',
      'the owners of a heap > may go before their blocks do, which stay meanwhile',
      'the owners of a heap > that come when no number is left keep their blocks where they are',
    ],
  },
  'test/heap/resize.test.ts': {
    reason: 'a block of a debug heap that grows moves, so that stale pointers are found',
    tests: [
      'realloc > keeps the block while it fits and is not more than a quarter too large',
      'realloc > grows a run in place into free pools behind it, and shrinks it in place',
      'realloc > grows a medium block that is alone in its run in place',
      'realloc > grows a large block in place where there is room behind it',
      'realloc > shrinks a large block where it is, and keeps the rest of its memory',
    ],
  },
  'test/heap/strings.test.ts': {
    reason: 'the message says what was asked for, not what the class holds',
    tests: ['strings > refuse a length prefix that leaves the block, naming both lengths'],
  },
  'test/records/record.test.ts': {
    reason:
      'a debug heap remembers a freed large block: EBB_DOUBLE_FREE where an ordinary heap knows no more than that nothing is there',
    tests: ['cursor > notices that a large block is gone'],
  },
  'test/papers/examples.test.ts': {
    reason: 'what was freed is resident as long as it is in the quarantine',
    tests: ['examples > cache runs to its end and prints what it should have done'],
  },
}
