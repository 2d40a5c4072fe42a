#include <sys/mman.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <mach/vm_inherit.h>
#endif

#include <cerrno>
#include <cstring>

#include "os_pages.h"

namespace ebb {

static OsResult last_error(const char* syscall) { return {errno, syscall}; }

#if defined(__linux__)

constexpr int kMremapDontUnmap = 4;  // since Linux 5.7; by number, because the headers may be older

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
    munmap(taken, byte_length);
  }
  return false;
}

#else  // macOS

using MincoreByte = char;

void prepare_pages(void* address, size_t byte_length) { minherit(address, byte_length, VM_INHERIT_NONE); }

// No madvise() lowers the resident set at once and leaves zeros here; a new mapping in the same place does.
OsResult discard_pages(void* address, size_t byte_length) { return renew_pages(address, byte_length); }

bool move_pages(void*, size_t, void*, size_t) { return false; }

#endif

size_t os_page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

constexpr int kReserved = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE;  // not counted against what the system has to promise

OsResult map_pages(size_t byte_length, void** address) {
  *address = mmap(nullptr, byte_length, PROT_READ | PROT_WRITE, kReserved, -1, 0);
  return *address != MAP_FAILED ? OsResult{} : last_error("mmap");
}

OsResult renew_pages(void* address, size_t byte_length) {
  void* fresh = mmap(address, byte_length, PROT_READ | PROT_WRITE, kReserved | MAP_FIXED, -1, 0);
  if (fresh != address) return last_error("mmap");
  prepare_pages(address, byte_length);
  return {};
}

OsResult unmap_pages(void* address, size_t byte_length) {
  return munmap(address, byte_length) == 0 ? OsResult{} : last_error("munmap");
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
