#include <windows.h>
// windows.h goes first
#include <psapi.h>

#include "os_pages.h"

namespace ebb {

static OsResult last_error(const char* syscall) { return {static_cast<int>(GetLastError()), syscall}; }

size_t os_page_size() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

// Committed whole: what is only reserved must not even be read.
OsResult map_pages(size_t byte_length, void** address) {
  *address = VirtualAlloc(nullptr, byte_length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  return *address != nullptr ? OsResult{} : last_error("VirtualAlloc");
}

OsResult probe_pages(size_t) { return {}; }  // whoever asks is told

void prepare_pages(void*, size_t) {}  // there are neither huge pages unless asked for, nor forks

bool populate_pages(void*, size_t) { return false; }

// Nothing is split by it: it is not refused.
void unmap_pages(void* address, size_t) { VirtualFree(address, 0, MEM_RELEASE); }

// Between the two calls somebody else may take the commit charge. Memory that is not there must not be read, and
// everybody holds addresses into it: so this waits until it is to be had again, as a page fault would.
OsResult discard_pages(void* address, size_t byte_length) {
  if (!VirtualFree(address, byte_length, MEM_DECOMMIT)) return last_error("VirtualFree");
  for (DWORD milliseconds = 0; VirtualAlloc(address, byte_length, MEM_COMMIT, PAGE_READWRITE) != address;) {
    Sleep(milliseconds);
    if (milliseconds < 100) milliseconds++;
  }
  return {};
}

void drop_pages(void* address, size_t byte_length) { VirtualFree(address, byte_length, MEM_DECOMMIT); }

OsResult renew_pages(void* address, size_t byte_length) { return discard_pages(address, byte_length); }

bool move_pages(void*, size_t, void*, size_t) { return false; }

bool discards_work() { return true; }

OsResult resident_pages(void* address, size_t byte_length, uint8_t* resident) {
  constexpr size_t kBatch = 256;
  PSAPI_WORKING_SET_EX_INFORMATION pages[kBatch];
  const size_t page_size = os_page_size(), count = byte_length / page_size;
  for (size_t first = 0; first < count; first += kBatch) {
    const size_t batch = count - first < kBatch ? count - first : kBatch;
    for (size_t i = 0; i < batch; i++) pages[i].VirtualAddress = static_cast<char*>(address) + (first + i) * page_size;
    const DWORD size = static_cast<DWORD>(batch * sizeof(pages[0]));
    if (!QueryWorkingSetEx(GetCurrentProcess(), pages, size)) return last_error("QueryWorkingSetEx");
    for (size_t i = 0; i < batch; i++) resident[first + i] = static_cast<uint8_t>(pages[i].VirtualAttributes.Valid);
  }
  return {};
}

std::string error_name(int error) {
  switch (error) {
    case ERROR_ACCESS_DENIED: return "ERROR_ACCESS_DENIED";
    case ERROR_NOT_ENOUGH_MEMORY: return "ERROR_NOT_ENOUGH_MEMORY";
    case ERROR_OUTOFMEMORY: return "ERROR_OUTOFMEMORY";
    case ERROR_INVALID_PARAMETER: return "ERROR_INVALID_PARAMETER";
    case ERROR_INVALID_ADDRESS: return "ERROR_INVALID_ADDRESS";
    case ERROR_COMMITMENT_LIMIT: return "ERROR_COMMITMENT_LIMIT";
    default: return "ERROR_" + std::to_string(error);
  }
}

}  // namespace ebb
