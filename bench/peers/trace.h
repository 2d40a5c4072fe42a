// A flat trace in memory (writeFlat in bench/traces/flat.ts) and the tables a replay needs. Everything here is mapped,
// never malloc'ed, and touched before the first replay: the resident set that grows afterwards belongs to the
// allocator.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_REALLOC, KIND_FREE };

typedef struct {
  uint32_t word;        // id << 2 | kind
  uint32_t byteLength;  // 0 for free
} Operation;

typedef struct {
  uint32_t magic;
  uint32_t version;
  uint32_t operations;
  uint32_t ids;
  uint32_t closingFrees;  // how many of the last operations free what the program left behind
  uint32_t unused[3];
} TraceHead;

typedef struct {
  uint64_t operations;
  uint64_t closingFrees;
  uint64_t ids;
  Operation* ops;
  void** blocks;    // by id; meaningless for an id that is not live
  uint32_t* sizes;  // requested bytes by id, kept only by the sampled replay; 0 for an id that is not live
} Trace;

static void* mapTouched(uint64_t byteLength) {
  void* memory = mmap(NULL, byteLength ? byteLength : 1, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static int readFully(int file, void* into, uint64_t byteLength) {
  for (uint64_t done = 0; done < byteLength;) {
    ssize_t got = read(file, (char*)into + done, byteLength - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    done += (uint64_t)got;
  }
  return 0;
}

static void unloadTrace(Trace* trace) {
  if (trace->ops) munmap(trace->ops, trace->operations * sizeof(Operation));
  if (trace->blocks) munmap(trace->blocks, trace->ids * sizeof(void*));
  if (trace->sizes) munmap(trace->sizes, trace->ids * sizeof(uint32_t));
  *trace = (Trace){0};
}

// Gives NULL, or what is wrong with the file.
static const char* loadTrace(Trace* trace, const char* path) {
  TraceHead head;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return "cannot open the trace";
  const char* wrong = NULL;
  if (readFully(file, &head, sizeof head) != 0 || head.magic != 0x54424245 || head.version != 1) {
    wrong = "not a flat trace of version 1";
  } else {
    trace->operations = head.operations;
    trace->closingFrees = head.closingFrees;
    trace->ids = head.ids ? head.ids : 1;
    trace->ops = mapTouched(trace->operations * sizeof(Operation));
    trace->blocks = mapTouched(trace->ids * sizeof(void*));
    trace->sizes = mapTouched(trace->ids * sizeof(uint32_t));
    if (!trace->ops || !trace->blocks || !trace->sizes)
      wrong = "no memory for the trace";
    else if (readFully(file, trace->ops, trace->operations * sizeof(Operation)) != 0)
      wrong = "the trace is cut short";
  }
  close(file);
  if (wrong) unloadTrace(trace);
  return wrong;
}
