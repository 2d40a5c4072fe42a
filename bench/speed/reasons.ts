/** Why a bound may be missed, where that is known: by the bound's name, the first that fits. What was tried stands in docs/performance.md. */

/** Counted by callgrind, loop and mark included. */
const INSTRUCTIONS =
  'an operation of calculator takes 88 instructions in V8 (32 where the allocator does nothing) and 56 with pymalloc: bounds and types are checked at each access'

const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^traces.* after a detach/,
    `V8 tests a flag at each access after a detach, 1.10 to 1.35 of the time; no shared buffer can have it; and ${INSTRUCTIONS}`,
  ],
  [/^traces/, INSTRUCTIONS],
  [
    /^pair of 48 /,
    '3.05 ns beside 2.3: checks of the argument and of the pointer; 1.29 to 1.58 from run to run, 2.83 once',
  ],
  [
    /^pair of (1024|262144|1048576) /,
    'one word waits for another that was just written: alloc and free alone take 3.6 or 7.6 ns and change between the two within a process; of 1 KiB ' +
      "V8's middle tier keeps some loops on Node 24 and 26",
  ],
  [
    /^workloads: .*worst/,
    'large buffers: a call to the system an operation (423 for 420) gives back what passes the peak of live bytes, and page faults follow: 1000 of ' +
      '1700 ns in a process that does only this; glibc keeps it all',
  ],
  [/^workloads: .*mean/, 'large buffers alone; with 1.1 there the mean would be 0.6'],
  [
    /^copyIn of (8|32|128):/,
    "V8's set copies shared memory word by word: 128 bytes take 13.5 ns there, 9.5 elsewhere; pointer, source and range are checked in 4",
  ],
  [
    /^copyIn of (1024|16384):/,
    "V8's set takes 41 ns for 1024 bytes of shared memory, 20 elsewhere, so from there on the addon does it: 26 ns a call (7 to " +
      'enter, 6 for two numbers, 13 to ask where the array lies), and 4 of checks',
  ],
  [
    /^allocString of .*utf8/,
    'a lone surrogate is refused, which Buffer writes as U+FFFD; the text is copied out of V8 (20 ns a call), encoded, and copied again',
  ],
  [
    /^allocString of .*(ascii|latin1)/,
    'Buffer.byteLength (17 ns) tells whether it is ASCII, a loop over 32 characters took 26; latin1Write (40 ns) writes it; from ' +
      'Node 22 on Buffer.from is faster',
  ],
  [
    /^readString of 16384, (ascii|latin1)/,
    'with their prefix such texts lie 20 KiB apart: slices of a Buffer that lie so take 500 to 560 ns, 16 KiB apart 460 to 490',
  ],
  [/^readString of .*(ascii|latin1)/, 'the same slice, and the pointer and the length are checked'],
  [/^(readString|copyOut)/, 'the same call, and the pointer and the length are checked'],
  [
    /^read x, y, tag of 1e5/,
    '0.33 ns a field in a loop that is compiled by itself, 0.48 in one that V8 has put into its caller: there it looks at ' +
      'each field and at the list of pointers anew; objects take 0.41 to 0.53',
  ],
  [
    /^read /,
    "V8's middle tier keeps so small a loop in some processes, on Node 24 and 26 above all: four times slower there",
  ],
  [
    /^fill of \d+e[3-6] into fresh/,
    'as many page faults (36 for 1000 blocks, 48 of 59 ns); a page takes 1.38 \u00b5s by a fault, 1.305 populated, in steps of 252 KiB as of 4 MiB; ' +
      'huge pages take 0.18, but given back in part they free nothing',
  ],
  [/^fill at 5e7/, 'page tables of 7 GB; half of the arenas are far'],
  [
    /^churn at 5e7/,
    '2.16 on a quiet machine; 134 to 209 ns from process to process with the same code: the live bits of 5e7 blocks (56 MB) outgrow the third-level ' +
      'cache, and a mark in a far block, untouched for long, is 45 of 185 ns',
  ],
  [
    /^drain at 5e7/,
    '2.37 on a quiet machine, 1.6 without the kernel: it lasts longer than the decay, so memory goes back meanwhile, 39 of 125 ns; a page that ' +
      'goes back alone, as its neighbours still hold a block, takes 1.09 \u00b5s, one of 64 together 0.27, and a call gives back two; a drain of 1e7 ends before',
  ],
]

export const reasonFor = (name: string): string | undefined => REASONS.find(([pattern]) => pattern.test(name))?.[1]
