#include "system.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <set>

#include "engine.h"

namespace driver {

static int refused_in = 0, refused_times = 0, refused = 0;
static std::set<uintptr_t> pages;
constexpr size_t kMost = 1 << 20;  // of one mapping: what asks for more gets nothing

void refuse(int n, int count) {
  refused_in = n;
  refused_times = count;
}
int refusals() { return refused; }
size_t mapped_bytes() { return pages.size() * engine::kPage; }

bool is_mapped(const char* start, size_t length) {
  const auto first = reinterpret_cast<uintptr_t>(start) & ~(engine::kPage - 1);
  for (uintptr_t page = first; page < reinterpret_cast<uintptr_t>(start) + length; page += engine::kPage)
    if (pages.count(page) == 0) return false;
  return true;
}

static bool is_refused() {
  if (refused_in == 0 || --refused_in > 0) return false;
  if (--refused_times > 0) refused_in = 1;
  refused++;
  errno = ENOMEM;
  return true;
}

static void note(void* start, size_t length, bool is_there) {
  const auto first = reinterpret_cast<uintptr_t>(start);
  for (uintptr_t page = first; page < first + length; page += engine::kPage) {
    if (is_there)
      pages.insert(page);
    else
      pages.erase(page);
  }
}

}  // namespace driver

using namespace driver;

extern "C" {

void* __real_mmap(void*, size_t, int, int, int, off_t);
int __real_munmap(void*, size_t);
int __real_madvise(void*, size_t, int);
void* __real_mremap(void*, size_t, size_t, int, ...);

void* __wrap_mmap(void* at, size_t length, int protection, int flags, int fd, off_t offset) {
  if (length > kMost) errno = ENOMEM;
  if (length > kMost || is_refused()) return MAP_FAILED;
  void* start = __real_mmap(at, length, protection, flags, fd, offset);
  if (start != MAP_FAILED && (flags & MAP_FIXED) == 0) note(start, length, true);
  return start;
}
int __wrap_munmap(void* start, size_t length) {
  if (is_refused()) return -1;
  note(start, length, false);
  return __real_munmap(start, length);
}
int __wrap_madvise(void* start, size_t length, int advice) {
  return is_refused() ? -1 : __real_madvise(start, length, advice);
}
void* __wrap_mremap(void* from, size_t old_length, size_t length, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  void* to = va_arg(rest, void*);
  va_end(rest);
  if (is_refused()) return MAP_FAILED;
  void* moved = __real_mremap(from, old_length, length, flags, to);
  if (moved == MAP_FAILED) return moved;
  // Only what is on its way lies beyond the regions: it comes with the first of two moves, and goes with the second.
  if (flags & MREMAP_FIXED)
    note(from, old_length, false);
  else
    note(moved, length, true);
  return moved;
}

}  // extern "C"

size_t driver::unmap_all() {
  const size_t left = mapped_bytes();
  for (const uintptr_t page : pages) __real_munmap(reinterpret_cast<void*>(page), engine::kPage);
  pages.clear();
  return left;
}
