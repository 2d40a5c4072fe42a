#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os_pages.h"

namespace ebb {

#if defined(__linux__)

// By number, because the headers may be older than the kernel.
constexpr int kMadvPopulateWrite = 23;  // since Linux 5.14
constexpr int kMremapDontUnmap = 4;     // since Linux 5.7

using MincoreByte = unsigned char;

// A kernel built without huge pages answers EINVAL, which is as good.
static void refuse_huge_pages(void* address, size_t byte_length) { madvise(address, byte_length, MADV_NOHUGEPAGE); }

// Not MADV_FREE: the resident set would stay as it is until the system runs short.
OsResult discard_pages(void* address, size_t byte_length) {
  return madvise(address, byte_length, MADV_DONTNEED) == 0 ? OsResult{} : OsResult{errno, "madvise"};
}

bool populate_pages(void* address, size_t byte_length) {
  return madvise(address, byte_length, kMadvPopulateWrite) == 0;
}

// Moves the pages away first, then makes their new place longer: so the old place stays mapped at every moment, and the
// views on it need not be dead before. An older kernel answers EINVAL.
OsResult move_pages(void* address, size_t byte_length, size_t new_byte_length, void** new_address) {
  void* moved = mremap(address, byte_length, byte_length, MREMAP_MAYMOVE | kMremapDontUnmap, nullptr);
  if (moved == MAP_FAILED) return errno == EINVAL ? OsResult{} : OsResult{errno, "mremap"};
  void* longer = mremap(moved, byte_length, new_byte_length, MREMAP_MAYMOVE);
  if (longer == MAP_FAILED) {
    const OsResult refused{errno, "mremap"};
    mremap(moved, byte_length, byte_length, MREMAP_MAYMOVE | MREMAP_FIXED, address);  // back again
    return refused;
  }
  *new_address = longer;
  return {};
}

// In two steps. The first takes the pages out, and is refused without harm where they are several mappings to the
// kernel; only the second unmaps what it replaces, and by then one whole mapping is moved, which the kernel refuses
// before that or not at all. The target becomes one mapping throughout, so that what is in it can be moved again.
bool move_pages_to(void* address, size_t byte_length, void* to, size_t to_length) {
  void* taken = mremap(address, byte_length, byte_length, MREMAP_MAYMOVE | kMremapDontUnmap, nullptr);
  if (taken == MAP_FAILED) return false;
  if (mremap(taken, byte_length, to_length, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to) return true;
  if (mremap(taken, byte_length, byte_length, MREMAP_MAYMOVE | MREMAP_FIXED, address) != address) {
    memcpy(address, taken, byte_length);  // it is mapped, and reads zero
    munmap(taken, byte_length);
  }
  return false;
}

#else  // macOS

using MincoreByte = char;

static void refuse_huge_pages(void*, size_t) {}  // macOS uses none unless asked

// No madvise() lowers the resident set at once and leaves zeros here; a new mapping in the same place does.
OsResult discard_pages(void* address, size_t byte_length) {
  void* fresh = mmap(address, byte_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
  return fresh == address ? OsResult{} : OsResult{errno, "mmap", true};
}

bool populate_pages(void*, size_t) { return false; }
OsResult move_pages(void*, size_t, size_t, void**) { return {}; }
bool move_pages_to(void*, size_t, void*, size_t) { return false; }

#endif

size_t os_page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// A sparse mapping is not counted against the memory that the system has to promise.
OsResult map_pages(size_t byte_length, bool is_sparse, void** address) {
  const int flags = MAP_PRIVATE | MAP_ANON | (is_sparse ? MAP_NORESERVE : 0);
  *address = mmap(nullptr, byte_length, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (*address == MAP_FAILED) return {errno, "mmap"};
  refuse_huge_pages(*address, byte_length);
  return {};
}

OsResult unmap_pages(void* address, size_t byte_length) {
  return munmap(address, byte_length) == 0 ? OsResult{} : OsResult{errno, "munmap"};
}

OsResult resident_pages(void* address, size_t byte_length, uint8_t* resident) {
  if (mincore(address, byte_length, reinterpret_cast<MincoreByte*>(resident)) != 0) return {errno, "mincore"};
  const size_t count = byte_length / os_page_size();
  for (size_t page = 0; page < count; page++) resident[page] &= 1;  // the other bits are macOS's own
  return {};
}

std::string error_name(int error) {
  switch (error) {
    case EAGAIN: return "EAGAIN";
    case EINVAL: return "EINVAL";
    case ENOMEM: return "ENOMEM";
    case EPERM: return "EPERM";
    default: return "E" + std::to_string(error);
  }
}

}  // namespace ebb
