// The allocator under test, chosen when the driver is compiled: malloc and its family, which LD_PRELOAD may replace, or
// with DRIVER_PYTHON CPython's object allocator. All calls are direct, so a replay loop pays for nothing but the
// allocator.
#pragma once

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#ifdef DRIVER_PYTHON

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define ALLOCATOR "pymalloc"

static inline void* takeBlock(size_t byteLength) { return PyObject_Malloc(byteLength); }
static inline void* takeZeroedBlock(size_t byteLength) { return PyObject_Calloc(1, byteLength); }
static inline void* resizeBlock(void* block, size_t byteLength) { return PyObject_Realloc(block, byteLength); }
static inline void putBlock(void* block) { PyObject_Free(block); }

// pymalloc has no such question; its classes are 16 bytes apart and end at 512, what is larger is malloc's.
static inline size_t usableSize(void* block, size_t byteLength) {
  if (byteLength > 512) return malloc_usable_size(block);
  return byteLength == 0 ? 16 : (byteLength + 15) / 16 * 16;
}

// Isolated, so that PYTHONMALLOC and the like cannot turn another allocator on.
static int startAllocator(void) {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return PyStatus_Exception(status) ? -1 : 0;
}

static const char* allocatorVersion(void) { return PY_VERSION; }

#else

#include <gnu/libc-version.h>

#define ALLOCATOR "malloc"

static inline void* takeBlock(size_t byteLength) { return malloc(byteLength); }
static inline void* takeZeroedBlock(size_t byteLength) { return calloc(1, byteLength); }
static inline void* resizeBlock(void* block, size_t byteLength) { return realloc(block, byteLength); }
static inline void putBlock(void* block) { free(block); }

static inline size_t usableSize(void* block, size_t byteLength) {
  (void)byteLength;
  return malloc_usable_size(block);
}

static int startAllocator(void) { return 0; }

static const char* allocatorVersion(void) { return gnu_get_libc_version(); }

#endif
