#include <sys/mman.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <mach/vm_inherit.h>
#endif

#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "os_pages.h"

namespace ebb {

static OsResult last_error(const char* syscall) { return {errno, syscall}; }

#if defined(__linux__)

// By number, because the headers may be older.
constexpr int kMremapDontUnmap = 4;  // since Linux 5.7
constexpr int kPopulateWrite = 23;   // since Linux 5.14

using MincoreByte = unsigned char;

// A kernel built without huge pages answers EINVAL, which is as good.
void prepare_pages(void* address, size_t byte_length) {
  madvise(address, byte_length, MADV_NOHUGEPAGE);
  madvise(address, byte_length, MADV_DONTFORK);
}

// Not MADV_FREE: the resident set would stay as it is until the system runs short.
OsResult discard_pages(void* address, size_t byte_length) {
  return madvise(address, byte_length, MADV_DONTNEED) == 0 ? OsResult{} : last_error("madvise");
}

bool populate_pages(void* address, size_t byte_length) { return madvise(address, byte_length, kPopulateWrite) == 0; }

// In two steps. The first takes the pages out, and is refused without harm where they are several mappings to the
// kernel, or where it knows no such call; only the second unmaps what it replaces, and by then one whole mapping is
// moved, which the kernel refuses before that or not at all. The target becomes one mapping throughout, so that what is
// in it can be moved again.
bool move_pages(void* address, size_t byte_length, void* to, size_t to_length) {
  void* taken = mremap(address, byte_length, byte_length, MREMAP_MAYMOVE | kMremapDontUnmap, nullptr);
  if (taken == MAP_FAILED) return false;
  if (mremap(taken, byte_length, to_length, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to) {
    renew_pages(address, byte_length);  // should it fail, the old place stays a mapping of its own
    return true;
  }
  if (mremap(taken, byte_length, byte_length, MREMAP_MAYMOVE | MREMAP_FIXED, address) != address) {
    memcpy(address, taken, byte_length);  // it is mapped, and reads zero
    unmap_pages(taken, byte_length);
  }
  return false;
}

#else  // macOS

using MincoreByte = char;

void prepare_pages(void* address, size_t byte_length) { minherit(address, byte_length, VM_INHERIT_NONE); }

// No madvise() lowers the resident set at once and leaves zeros here; a new mapping in the same place does.
OsResult discard_pages(void* address, size_t byte_length) { return renew_pages(address, byte_length); }

bool populate_pages(void*, size_t) { return false; }

bool move_pages(void*, size_t, void*, size_t) { return false; }

#endif

size_t os_page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

constexpr int kReserved = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE;  // not counted against what the system has to promise

namespace {

// What the system would not unmap: a process has as many mappings as it may, and the rest of one would be two.
class Unwanted {
 public:
  void add(void* address, size_t byte_length) {
    drop_pages(address, byte_length);
    const std::lock_guard<std::mutex> lock(mutex);
    try {
      ranges.emplace_back(address, byte_length);
    } catch (const std::bad_alloc&) {
      // These addresses stay mapped, without memory.
    }
  }
  void unmap() {
    const std::lock_guard<std::mutex> lock(mutex);
    size_t kept = 0;
    for (const auto& range : ranges)
      if (munmap(range.first, range.second) != 0) ranges[kept++] = range;
    ranges.resize(kept);
  }

 private:
  std::mutex mutex;
  std::vector<std::pair<void*, size_t>> ranges;
};

Unwanted& unwanted = *new Unwanted();  // threads may use it while the process ends

}  // namespace

OsResult map_pages(size_t byte_length, void** address) {
  unwanted.unmap();
  *address = mmap(nullptr, byte_length, PROT_READ | PROT_WRITE, kReserved, -1, 0);
  return *address != MAP_FAILED ? OsResult{} : last_error("mmap");
}

// As engines do it: addresses first, then what is used of them. With a page to each side that makes three mappings.
OsResult probe_pages(size_t byte_length) {
  const size_t page = os_page_size();
  if (byte_length > SIZE_MAX - 2 * page) return {ENOMEM, "mmap"};
  void* start = mmap(nullptr, byte_length + 2 * page, PROT_NONE, kReserved, -1, 0);
  if (start == MAP_FAILED) return last_error("mmap");
  OsResult result;
  if (mprotect(static_cast<char*>(start) + page, byte_length, PROT_READ | PROT_WRITE) != 0)
    result = last_error("mprotect");
  unmap_pages(start, byte_length + 2 * page);
  return result;
}

OsResult renew_pages(void* address, size_t byte_length) {
  void* fresh = mmap(address, byte_length, PROT_READ | PROT_WRITE, kReserved | MAP_FIXED, -1, 0);
  if (fresh != address) return last_error("mmap");
  prepare_pages(address, byte_length);
  return {};
}

void unmap_pages(void* address, size_t byte_length) {
  unwanted.unmap();
  if (munmap(address, byte_length) != 0) unwanted.add(address, byte_length);
}

void drop_pages(void* address, size_t byte_length) { discard_pages(address, byte_length); }

OsResult resident_pages(void* address, size_t byte_length, uint8_t* resident) {
  if (mincore(address, byte_length, reinterpret_cast<MincoreByte*>(resident)) != 0) return last_error("mincore");
  const size_t count = byte_length / os_page_size();
  for (size_t page = 0; page < count; page++) resident[page] &= 1;  // the other bits are macOS's own
  return {};
}

bool discards_work() {
  const size_t page = os_page_size();
  void* address = nullptr;
  if (map_pages(page, &address).error != 0) return true;  // whoever maps more will hear of it
  auto* byte = static_cast<volatile char*>(address);
  *byte = 1;
  const bool works = discard_pages(address, page).error != 0 || *byte == 0;
  unmap_pages(address, page);
  return works;
}

#define EBB_ERROR(name) \
  case name: return #name;

// Every errno of the calls above, and those that a filter of system calls may answer with.
std::string error_name(int error) {
  switch (error) {
    EBB_ERROR(EACCES)
    EBB_ERROR(EAGAIN)
    EBB_ERROR(EBADF)
    EBB_ERROR(EBUSY)
    EBB_ERROR(EFAULT)
    EBB_ERROR(EINTR)
    EBB_ERROR(EINVAL)
    EBB_ERROR(EIO)
    EBB_ERROR(EMFILE)
    EBB_ERROR(ENFILE)
    EBB_ERROR(ENODEV)
    EBB_ERROR(ENOMEM)
    EBB_ERROR(ENOSYS)
    EBB_ERROR(ENOTSUP)
    EBB_ERROR(EOVERFLOW)
    EBB_ERROR(EPERM)
    EBB_ERROR(ERANGE)
    default: return "E" + std::to_string(error);
  }
}

}  // namespace ebb
