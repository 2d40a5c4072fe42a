// Records the request stream of a Python program: recorder LOG SCRIPT [ARGUMENT...]
//
// The program runs in an embedded CPython whose MEM and OBJ domains are wrapped with PyMem_SetAllocator, so every
// request that pymalloc would see becomes one entry of LOG. (RAW is left alone: pymalloc does not serve it, and it may
// be called without the GIL.) Recording starts when the interpreter is up and ends when the script's own globals are
// gone, so the log holds the program and not the start and end of the interpreter. convert.ts turns a log into a trace.
//
// Nothing that a hook does may allocate through Python: entries go into a static array that is written with write(2).
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The numbers are a trace's kinds (trace.ts).
enum { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_REALLOC, KIND_FREE };

// One request, 24 bytes in the machine's own byte order.
typedef struct {
  uint64_t before;  // address given to realloc or free; 0 for the others
  uint64_t after;   // address that was returned; 0 for free
  uint32_t kind;
  uint32_t byteLength;  // 0 for free
} Entry;

enum { BUFFERED = 1 << 16 };
static Entry entries[BUFFERED];
static size_t buffered;
static int logFile = -1;

static void die(const char* what) {
  fprintf(stderr, "recorder: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static void flush(void) {
  const char* from = (const char*)entries;
  size_t left = buffered * sizeof(Entry);
  while (left > 0) {
    ssize_t written = write(logFile, from, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) die("write");
    from += written;
    left -= (size_t)written;
  }
  buffered = 0;
}

static void note(uint32_t kind, void* before, void* after, size_t byteLength) {
  if (byteLength > UINT32_MAX) {
    errno = EFBIG;
    die("a request of 4 GiB or more does not fit a trace");
  }
  if (buffered == BUFFERED) flush();
  entries[buffered++] = (Entry){(uint64_t)(uintptr_t)before, (uint64_t)(uintptr_t)after, kind, (uint32_t)byteLength};
}

// `context` is the allocator that was there before. A request that failed changed nothing and is not noted.
static void* hookMalloc(void* context, size_t byteLength) {
  PyMemAllocatorEx* inner = context;
  void* block = inner->malloc(inner->ctx, byteLength);
  if (block) note(KIND_ALLOC, NULL, block, byteLength);
  return block;
}

static void* hookCalloc(void* context, size_t count, size_t each) {
  PyMemAllocatorEx* inner = context;
  void* block = inner->calloc(inner->ctx, count, each);
  if (block) note(KIND_ALLOC_ZEROED, NULL, block, count * each);
  return block;
}

static void* hookRealloc(void* context, void* before, size_t byteLength) {
  PyMemAllocatorEx* inner = context;
  void* after = inner->realloc(inner->ctx, before, byteLength);
  if (after) note(before ? KIND_REALLOC : KIND_ALLOC, before, after, byteLength);
  return after;
}

static void hookFree(void* context, void* block) {
  PyMemAllocatorEx* inner = context;
  if (block) note(KIND_FREE, block, NULL, 0);
  inner->free(inner->ctx, block);
}

static const PyMemAllocatorDomain domains[] = {PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};
static PyMemAllocatorEx inner[2];

static void startRecording(void) {
  for (int i = 0; i < 2; i++) {
    PyMem_GetAllocator(domains[i], &inner[i]);
    PyMemAllocatorEx hooks = {&inner[i], hookMalloc, hookCalloc, hookRealloc, hookFree};
    PyMem_SetAllocator(domains[i], &hooks);
  }
}

static void stopRecording(void) {
  for (int i = 0; i < 2; i++) PyMem_SetAllocator(domains[i], &inner[i]);
  flush();
  if (close(logFile) != 0) die("close");
}

// The same hashes in every run: a trace can be recorded again and is the same.
static void startPython(int argc, char** argv) {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.use_hash_seed = 1;
  config.hash_seed = 0;
  config.parse_argv = 0;
  config.write_bytecode = 0;
  PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
}

// runpy imports pkgutil when it first runs a file: before the recording, or it would be in every trace.
static const char prepare[] =
    "import gc, os.path, pkgutil, runpy, sys\n"
    "sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))\n"
    "gc.collect()\n";
static const char run[] =
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    "gc.collect()\n";

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: recorder LOG SCRIPT [ARGUMENT...]\n");
    return 2;
  }
  logFile = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (logFile < 0) die(argv[1]);
  startPython(argc - 2, argv + 2);
  if (PyRun_SimpleString(prepare) != 0) return 1;
  startRecording();
  int failed = PyRun_SimpleString(run);
  stopRecording();
  return Py_FinalizeEx() != 0 || failed ? 1 : 0;
}
