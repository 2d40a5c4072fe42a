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
    tests: [
      'refuses the block that compact is moving, in free and realloc, and no other',
      'frees a block past its magazine where that is asked for',
      'tells the class of any block, live or free',
      'frees a block of any kind, whatever state its run is in',
      'refuses a pinned block, and changes nothing',
    ],
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
      'the owners of a heap > are asked once more where they are not ready, if whoever asks is patient',
      'the owners of a heap > of blocks that are entered by their pointers follow by the number that these were entered with',
      'the owners of a heap > may give their blocks to another, and hear of none with the null word or another number',
      'the owners of a heap > are found by those who know pointers to blocks, after all others',

      'the owners of a heap > are found by the first word of a block, and asked whether it is theirs',
      'the owners of a heap > may go before their blocks do, which stay meanwhile',
      'the owners of a heap > that come when no number is left keep their blocks where they are',
    ],
  },
  'test/heap/resize.test.ts': {
    reason: 'a block of a debug heap that grows moves, so that stale pointers are found',
    tests: [
      'realloc > does so with any kind of block, and with blocks whose class stays',
      'realloc > gives a longer large block a third more than it had, or what was asked for where that cannot be had',
      'realloc > gives it no more than was asked for where the limit leaves no room for a third',
      'realloc > gives it no more than was asked for where a third more would be longer than a block can be',
      'realloc > makes a run of a large block, and a large block of a run, where the size is that of one',

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
    tests: [
      'examples > pressure runs to its end and prints what it should have done',
      'examples > cache runs to its end and prints what it should have done',
    ],
  },
  'test/heap/all-stats.test.ts': {
    reason: 'it adds up blocks and pools of sizes to which guards add',
    tests: ['statistics of all heaps > are sums of those of each'],
  },
  'test/heap/attacks.test.ts': {
    reason: 'the attacks write past blocks and into freed ones, which a debug heap refuses',
    tests: [
      'attacks > tcache_poisoning, fastbin_dup_into_stack, unsorted_bin_into_stack, house_of_lore: links in freed blocks',
      'attacks > unsafe_unlink, house_of_einherjar, poison_null_byte, overlapping_chunks: lengths in front of and behind a block',
      'attacks > house_of_force, house_of_orange: a size that would wrap round',
      'attacks > mmap_overlapping_chunks, large_bin_attack: lengths in front of large blocks, then frees and larger requests',
      'attacks > first_fit, tcache_metadata_poisoning: what is free is handed out again, its contents change nothing else',
    ],
  },
  'test/heap/numbers.test.ts': {
    reason: 'it writes past what was asked for, within the arena',
    tests: ['accessors > of far blocks stay within the pools of their arena, and within the heap'],
  },
  'test/heap/pins.test.ts': {
    reason: 'it counts the pools of a size class, and guards make blocks longer',
    tests: ['a pinned block > leaves the pool alone that compact is moving a block out of'],
  },
  'test/heap/take.test.ts': {
    reason: 'they ask for the classes of sizes to which guards add',
    tests: [
      'a block that was just taken > is known to be fresh where nobody wrote into its memory since that came from the system',
      'a block that was just taken > is not where it has come from a magazine while others were taken',
      'allocAligned > takes the shortest class whose blocks are all aligned, a run, or a large block',
    ],
  },
}
