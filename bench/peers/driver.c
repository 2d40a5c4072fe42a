// Replays request streams on a native allocator (allocator.h says which), for bench/peers/peers.ts.
//
//     driver COMMAND...     carries out each argument as one command
//     driver                reads commands from standard input, one a line
//
// Each command is answered by one line of JSON; a refused one by {"error": ...}.
//
//     load FILE          the flat trace to replay from now on; what is resident then is the baseline
//     round [COUNT]      replays all of it COUNT times: ns per operation and minor faults of each
//     run FROM TO        replays the operations [FROM, TO) once; blocks stay live in between, so phases can be told
//     apart sample EVERY       replays all of it once and notes resident growth and live bytes each EVERY operations
//     pairs SIZE COUNT   ns for an alloc, marks at both ends, and a free of SIZE bytes
//     usable FILE        allocates the sizes listed in FILE, writes every byte: bytes requested, usable, resident
//     resident           resident bytes, and their growth over the baseline
//     idle MS            sleeps; nothing is called meanwhile
//     version            of the allocator: libc's or CPython's
//     quit
#include "allocator.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "resident.h"
#include "trace.h"

static Trace trace;
static uint64_t baseline;  // resident bytes when the trace was loaded

static uint64_t nowNs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t minorFaults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (uint64_t)usage.ru_minflt;
}

static void outOfMemory(uint64_t operation) {
  printf("{\"error\":\"out of memory at operation %" PRIu64 "\"}\n", operation);
  fflush(stdout);
  _exit(1);
}

// The bytes that every arm writes into a block it got: four where they fit, else one, else none.
static inline void writeMark(void* block, uint32_t byteLength, uint32_t mark) {
  if (byteLength >= sizeof mark)
    memcpy(block, &mark, sizeof mark);
  else if (byteLength > 0)
    *(uint8_t*)block = (uint8_t)mark;
}

static void replay(uint64_t from, uint64_t to) {
  const Operation* ops = trace.ops;
  void** blocks = trace.blocks;
  for (uint64_t at = from; at < to; at++) {
    uint32_t id = ops[at].word >> 2;
    uint32_t byteLength = ops[at].byteLength;
    void* block;
    switch (ops[at].word & 3) {
      case KIND_ALLOC: block = takeBlock(byteLength); break;
      case KIND_ALLOC_ZEROED: block = takeZeroedBlock(byteLength); break;
      case KIND_REALLOC: block = resizeBlock(blocks[id], byteLength ? byteLength : 1); break;
      default: putBlock(blocks[id]); continue;
    }
    if (__builtin_expect(!block, 0)) outOfMemory(at);
    writeMark(block, byteLength, id ^ (uint32_t)at);
    blocks[id] = block;
  }
}

static void round_(uint64_t count) {
  if (count == 0) count = 1;
  uint64_t* measured = mapTouched(2 * count * sizeof *measured);
  if (!measured) outOfMemory(0);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t faults = minorFaults(), start = nowNs();
    replay(0, trace.operations);
    measured[2 * i] = nowNs() - start;
    measured[2 * i + 1] = minorFaults() - faults;
  }
  printf("{\"ns\":[");
  for (uint64_t i = 0; i < count; i++) {
    printf("%s%.4f", i ? "," : "", (double)measured[2 * i] / (double)trace.operations);
  }
  printf("],\"faults\":[");
  for (uint64_t i = 0; i < count; i++) printf("%s%" PRIu64, i ? "," : "", measured[2 * i + 1]);
  printf("]}\n");
  munmap(measured, 2 * count * sizeof *measured);
}

static void run(uint64_t from, uint64_t to) {
  if (from > to || to > trace.operations) {
    printf("{\"error\":\"no such range\"}\n");
    return;
  }
  uint64_t faults = minorFaults(), start = nowNs();
  replay(from, to);
  uint64_t elapsed = nowNs() - start;
  printf("{\"ns\":%" PRIu64 ",\"faults\":%" PRIu64 "}\n", elapsed, minorFaults() - faults);
}

typedef struct {
  uint64_t operation, resident, live;
} Sample;

static uint64_t growth(void) {
  uint64_t now = residentBytes();
  return now > baseline ? now - baseline : 0;
}

// Live bytes after the operations [from, to), given those before them.
static uint64_t followLive(uint64_t live, uint64_t from, uint64_t to) {
  for (uint64_t at = from; at < to; at++) {
    uint32_t* size = &trace.sizes[trace.ops[at].word >> 2];
    live += (uint64_t)trace.ops[at].byteLength - *size;
    *size = trace.ops[at].byteLength;
  }
  return live;
}

static void sample(uint64_t every) {
  if (every == 0) every = 1;
  uint64_t count = (trace.operations + every - 1) / every;
  uint64_t loaded = baseline, before = residentBytes();
  Sample* samples = mapTouched(count * sizeof *samples);
  if (!samples) outOfMemory(0);
  baseline += residentBytes() - before;
  uint64_t live = 0;
  for (uint64_t i = 0, at = 0; i < count; i++) {
    uint64_t to = at + every < trace.operations ? at + every : trace.operations;
    replay(at, to);
    live = followLive(live, at, to);
    samples[i] = (Sample){to, growth(), live};
    at = to;
  }
  double residentSum = 0, liveSum = 0;
  printf("{\"samples\":[");
  for (uint64_t i = 0; i < count; i++) {
    residentSum += (double)samples[i].resident;
    liveSum += (double)samples[i].live;
    printf("%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", i ? "," : "", samples[i].operation, samples[i].resident,
           samples[i].live);
  }
  printf("],\"residentSum\":%.0f,\"liveSum\":%.0f}\n", residentSum, liveSum);
  munmap(samples, count * sizeof *samples);
  baseline = loaded;
}

static void pairs(uint64_t byteLength, uint64_t count) {
  if (count == 0) count = 1;
  uint64_t start = nowNs();
  for (uint64_t i = 0; i < count; i++) {
    void* block = takeBlock(byteLength);
    if (__builtin_expect(!block, 0)) outOfMemory(i);
    writeMark(block, (uint32_t)byteLength, (uint32_t)i);
    if (byteLength > 0) ((volatile uint8_t*)block)[byteLength - 1] = (uint8_t)i;
    // Without this the compiler may see that nobody reads the mark, and drop it.
    __asm__ volatile("" : : "r"(block) : "memory");
    putBlock(block);
  }
  printf("{\"ns\":%.4f}\n", (double)(nowNs() - start) / (double)count);
}

// Blocks are kept by address only: the table of them is mapped before the first resident set is read.
static void usable(const char* path) {
  FILE* file = fopen(path, "re");
  if (!file) {
    printf("{\"error\":\"cannot open the sizes\"}\n");
    return;
  }
  uint64_t count = 0, byteLength = 0;
  while (fscanf(file, "%" SCNu64, &byteLength) == 1) count++;
  uint64_t* sizes = mapTouched(count * sizeof *sizes);
  void** blocks = mapTouched(count * sizeof *blocks);
  if (!sizes || !blocks) outOfMemory(0);
  rewind(file);
  for (uint64_t i = 0; i < count && fscanf(file, "%" SCNu64, &sizes[i]) == 1; i++) continue;
  fclose(file);
  uint64_t requested = 0, given = 0, before = residentBytes();
  for (uint64_t i = 0; i < count; i++) {
    blocks[i] = takeBlock(sizes[i]);
    if (!blocks[i]) outOfMemory(i);
    memset(blocks[i], 1, sizes[i]);
    requested += sizes[i];
    given += usableSize(blocks[i], sizes[i]);
  }
  uint64_t after = residentBytes();
  printf("{\"blocks\":%" PRIu64 ",\"requested\":%" PRIu64 ",\"usable\":%" PRIu64 ",\"resident\":%" PRIu64 "}\n", count,
         requested, given, after > before ? after - before : 0);
  for (uint64_t i = 0; i < count; i++) putBlock(blocks[i]);
  munmap(blocks, count * sizeof *blocks);
  munmap(sizes, count * sizeof *sizes);
}

static void idle(uint64_t ms) {
  struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
  printf("{}\n");
}

static void load(const char* path) {
  unloadTrace(&trace);
  const char* wrong = loadTrace(&trace, path);
  baseline = residentBytes();
  if (wrong)
    printf("{\"error\":\"%s\"}\n", wrong);
  else
    printf("{\"operations\":%" PRIu64 ",\"closingFrees\":%" PRIu64 "}\n", trace.operations, trace.closingFrees);
}

static void resident(void) { printf("{\"bytes\":%" PRIu64 ",\"growth\":%" PRIu64 "}\n", residentBytes(), growth()); }

// The word of `text` that begins after `skip` others, as a number; 0 where there is none.
static uint64_t numberAt(const char* text, int skip) {
  for (; skip > 0 && *text; skip--) {
    text += strcspn(text, " ");
    text += strspn(text, " ");
  }
  return strtoull(text, NULL, 10);
}

static int is(const char* line, const char* name) {
  size_t length = strlen(name);
  return strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == 0);
}

// Carries out one command; false for quit.
static int carryOut(const char* line) {
  const char* rest = line + strcspn(line, " ");
  rest += strspn(rest, " ");
  if (is(line, "quit")) return 0;
  int needsTrace = is(line, "round") || is(line, "run") || is(line, "sample");
  if (needsTrace && !trace.ops)
    printf("{\"error\":\"no trace is loaded\"}\n");
  else if (is(line, "load"))
    load(rest);
  else if (is(line, "round"))
    round_(numberAt(line, 1));
  else if (is(line, "run"))
    run(numberAt(line, 1), numberAt(line, 2));
  else if (is(line, "sample"))
    sample(numberAt(line, 1));
  else if (is(line, "pairs"))
    pairs(numberAt(line, 1), numberAt(line, 2));
  else if (is(line, "usable"))
    usable(rest);
  else if (is(line, "resident"))
    resident();
  else if (is(line, "idle"))
    idle(numberAt(line, 1));
  else if (is(line, "version"))
    printf("{\"allocator\":\"%s\",\"version\":\"%s\"}\n", ALLOCATOR, allocatorVersion());
  else
    printf("{\"error\":\"no such command\"}\n");
  fflush(stdout);
  return 1;
}

int main(int argc, char** argv) {
  // Buffers of its own: stdio would take them from the allocator under test.
  static char input[1 << 16], output[1 << 16], line[4096];
  setvbuf(stdin, input, _IOFBF, sizeof input);
  setvbuf(stdout, output, _IOFBF, sizeof output);
  if (startAllocator() != 0) {
    printf("{\"error\":\"the allocator does not start\"}\n");
    return 1;
  }
  for (int i = 1; i < argc; i++) carryOut(argv[i]);
  if (argc > 1) return 0;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (!carryOut(line)) break;
  }
  return 0;
}
