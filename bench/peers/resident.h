// The resident set of this process, exactly. smaps_rollup walks the page tables; statm is faster but sums per-CPU
// counters that may be off by a few hundred KiB, which is much for a trace whose live bytes peak at two MiB.
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t residentFromStatm(void) {
  char text[128];
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  char* second = strchr(text, ' ');
  return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t residentBytes(void) {
  char text[1024];
  int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
  if (file < 0) return residentFromStatm();
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return residentFromStatm();
  text[length] = 0;
  char* line = strstr(text, "\nRss:");
  return line ? strtoull(line + 5, NULL, 10) * 1024 : residentFromStatm();
}
