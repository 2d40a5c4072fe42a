/**
 * Tests that are left out of `npm run test:debug`, by file, and why.
 *
 * Whole folders that are: the floors below the heap (base, os, space, books, release, supply, native), which a debug heap stands on and does not
 * change; `debug`, whose heaps have options of their own; `rss`, `cli` and `live`, which look at processes and the system from outside; of `papers` all but the
 * examples, which reads text.
 */
export const WITHOUT_DEBUG: {
  readonly [file: string]: { readonly reason: string; readonly tests: readonly string[] | 'all' }
} = {
  'test/collections/getters.test.ts': {
    reason: 'their limits are of exact sizes, to which guards add',
    tests: [
      'fill of a list of trees > reads the value once and replaces nothing where the heap has no room for all',
      'a Cache that evicts because the heap refuses a block > stores the value as onEvict has left it, however long',
      'a Cache that evicts because the heap refuses a block > stores bytes that onEvict has detached as none',
    ],
  },
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
  'test/heap/compact-choices.test.ts': {
    reason: 'they know which runs blocks of a size lie in, to which guards add, and purge what the quarantine holds',
    tests: [
      'compaction > moves nothing where no run can be emptied, and no more than those blocks that empty one',
      'compaction > leaves a run alone that has one block which may not move',
      'compaction > asks again before each move whether the block may move',
      'compaction of arenas > empties those of a quarter and less, where the others have room for all of their blocks',
      'compaction of arenas > leaves one alone that has a block which may not move',
      'compaction of arenas > stops where its budget is spent, between runs and within one',
    ],
  },
  'test/heap/idle-passes.test.ts': {
    reason: 'the idle check of a debug heap looks at the slow clock too; what is in the quarantine keeps its arenas',
    tests: [
      'rests for a hundred times what it took to look',
      'counts the books of arenas: full blocks that lie in an arena each are moved together',
    ],
  },
  'test/heap/survey.test.ts': {
    reason: 'they count usable bytes and runs of size classes',
    tests: [
      'counts pools in use with the books of arenas, and live blocks by their usable bytes; large blocks are not looked at',
      'finds by class and live blocks the runs that have a live block and a free place, and no pin',
    ],
  },
  'test/heap/wrong-accesses.test.ts': {
    reason: 'they write past what was asked for, up to the end of the slot',
    tests: [
      'accessors of near blocks > end with the slot of the block, wherever in it the block is',
      'accessors of far blocks > end with the slot of the block, wherever in it the block is',
    ],
  },
  'test/pressure/relief.test.ts': {
    reason: 'what is in the quarantine is resident until somebody purges',
    tests: ['relief > shortens the decay to an eighth for a while'],
  },
  'test/pressure/watches.test.ts': {
    reason: 'guards are in the bytes that are purged',
    tests: ['a watch > looks when heaps have grown, and publishes what it did'],
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
      'a near lone block > has the length that the books have, where it is live and has a magazine',
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
  'test/inspect/check-heap.test.ts': {
    reason:
      'they damage books of the heap below at places that guards move blocks away from, or that the quarantine keeps in use',
    tests: [
      'checkHeap > finds a pool in use that is free',
      'checkHeap > finds a pool whose frees go to the wrong magazine',
      'checkHeap > finds a used run in the list of another class',
      'checkHeap > finds a pool in use too many counted',
      'checkHeap > finds a block taken too few counted',
      'checkHeap > finds dirty pools that nobody will discard',
      'checkHeap > finds a large block that is not live',
      'checkHeap > finds a pin that its run does not count',
    ],
  },
  'test/inspect/figures.test.ts': {
    reason: 'figures are those of the heap below: guards are in live bytes, and what is in the quarantine is live',
    tests: [
      'figures read in the words > are those of stats(), whatever the heap has been through',
      'figures read in the words > count blocks that wait in a magazine as free, and change nothing',
      'figures read in the words > tell heaps apart, and have nothing of one that is closed',
      'figures read in the words > need no view of the annex that an arena lies in',
    ],
  },
  'test/inspect/map.test.ts': {
    reason: 'guards make blocks longer, and what is in the quarantine is live for the map',
    tests: [
      'the map of a heap > shows the state of each pool',
      'the map of a heap > shows large blocks in as many rows as they take, and what is kept of them',
      'the map of a heap > shows how much of a kept block has gone back',
      'the map of a heap > adds up to the statistics after every step of a random program, far: false',
      'the map of a heap > adds up to the statistics after every step of a random program, far: true',
      'the states > tell every size class apart from empty to full',
    ],
  },
  'test/inspect/stats.test.ts': {
    reason: 'guards are part of live bytes',
    tests: ['statistics > say exactly what is where', 'the report > is a table whose lines add up to the mapped bytes'],
  },
  'test/metrics/index.test.ts': {
    reason: 'guards are part of live bytes',
    tests: ['metrics > forget a closed heap, and keep what it has counted', 'metrics > are taken away again'],
  },
  'test/whole/books.test.ts': {
    reason:
      'they know which blocks move, what a size class holds, and that a wrong pointer is the one mistake; a debug heap finds more',
    tests: [
      'a callback of compact > may free the block that it is told of, when that is alone in its arena',
      'followed refs > of a block that became shorter are looked at as far as it goes',
      'a walk under way when its heap closes > leaves out what is freed meanwhile',
      'allocZeroed > is zero whoever wrote into the memory through a dead pointer, in pools, runs and large blocks',
      'allocZeroed > is zero in far arenas too',
    ],
  },
  'test/whole/commands.test.ts': {
    reason: 'it breaks a method of an ordinary heap, which a debug heap overrides',
    tests: ['any commands > find a heap that loses one byte, and show the few commands that it takes'],
  },
  'test/whole/few-pages.test.ts': {
    reason: 'guards take pages',
    tests: [
      'a heap of few blocks > touches a pool for each size class, the first ones of one arena',
      'a heap of few blocks > packs its first blocks: as many pages as they fill',
    ],
  },
  'test/whole/gc.test.ts': {
    reason: 'what is in the quarantine reads dd',
    tests: [
      'views on memory that was given back > read zero, and keep their length: one on an arena',
      'views on memory that was given back > read zero: one on a large block, and one on it before it was grown',
    ],
  },
  'test/whole/in-flight.test.ts': {
    reason: 'the jobs write into freed blocks, of which a debug heap warns',
    tests: [
      'jobs on a block of 20 MiB > end well however the block is given back, and reach nobody else',
      'jobs on a block of 300 MiB > end well however the block is given back, and reach nobody else',
    ],
  },
  'test/whole/peers.test.ts': {
    reason: 'what is freed is live for the heap below until the quarantine lets it go',
    tests: [
      'jemalloc: decay_nonmonotonic > a clock that goes back keeps memory for as much longer, gives none back early, and loses none',
    ],
  },
  'test/whole/value.test.ts': {
    reason: 'guards are part of live bytes',
    tests: [
      'console.log > prints a heap as one line with its name, blocks, live and resident bytes, a closed one too',
      'JSON > of a heap is its statistics',
    ],
  },
  'test/whole/out-of-memory.test.ts': {
    reason:
      'each session frees a block of 256 MiB, which takes a debug heap some tenths of a second to fill; limits and discards are of sizes to which guards add',
    tests: [
      'OS pages that fail > on the n-th call, for n in steps of 1 (decay 1000, OS pages of 4096)',
      'OS pages that fail > from the n-th call on (decay 1000, OS pages of 4096)',
      'OS pages that fail > on the n-th call, for n in steps of 1 (decay 0, OS pages of 4096)',
      'OS pages that fail > from the n-th call on (decay 0, OS pages of 4096)',
      'OS pages that fail > on the n-th call, for n in steps of 3 (decay 1000, OS pages of 16384)',
      'OS pages that fail > from the n-th call on (decay 1000, OS pages of 16384)',
      'OS pages that fail > on the n-th call, for n in steps of 5 (decay 0, OS pages of 65536)',
      'OS pages that fail > from the n-th call on (decay 0, OS pages of 65536)',
      'OS pages that fail > every now and then (renew) in a mixed workload',
      'OS pages that fail > make purge throw EBB_OS, and the next purge complete',
      'the limit option > fails with EBB_LIMIT, having purged first, and holds exactly',
      'the limit option > holds for blocks that grow in place, which stay as they are',
      'the limit option > is not passed by blocks that are free: magazines are given back before a request fails',
    ],
  },
  'test/whole/resident-set.test.ts': {
    reason: 'it counts resident pages; guards are in them, and what is in the quarantine',
    tests: 'all',
  },
  'test/whole/views.test.ts': {
    reason: 'each session has three blocks of 256 MiB, which take a debug heap half a second to fill',
    tests: 'all',
  },
}
