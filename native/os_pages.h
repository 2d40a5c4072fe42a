// Pages of the operating system: one contract, kept by os_pages_posix.cc and by os_pages_win.cc.
// Addresses and lengths are multiples of os_page_size() and a range lies within one mapping: the caller checks both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ebb {

// How a call ended. `error` is 0, or what errno / GetLastError() says of the system call named by `syscall`.
struct OsResult {
  int error = 0;
  const char* syscall = "";
};

size_t os_page_size();

// Reserves `byte_length` bytes that read zero. Physical memory comes with the first touch, one OS page at a time.
OsResult map_pages(size_t byte_length, void** address);

// Whether somebody else, as the engine, could map as much now; nothing stays mapped. An engine that is refused collects
// garbage as a last resort, for which it needs mappings itself, and ends the process where it gets none.
OsResult probe_pages(size_t byte_length);

// Readies mapped pages, whoever mapped them: no huge pages, because they make discarded memory resident again, and none
// of them copied into a forked child, which would take time for each. What the system does not know it leaves undone.
void prepare_pages(void* address, size_t byte_length);

// Makes the pages of a range resident in one call, where each would take a fault of its own. False: the system has no
// such call, or refused, as under a memory limit; some of them may be resident then, and those touched still will be.
bool populate_pages(void* address, size_t byte_length);

// Gives a whole mapping back, or on POSIX a part of one: address space and memory. Where the system refuses, the memory
// goes now, and the address space when the next pages are mapped or unmapped.
void unmap_pages(void* address, size_t byte_length);

// Gives the physical memory of a range back now. The range stays mapped and reads zero.
OsResult discard_pages(void* address, size_t byte_length);

// The same for a range that nobody will use again before its mapping ends: on Windows its commit charge goes too.
void drop_pages(void* address, size_t byte_length);

// The same for a range whose pages were moved here: it becomes one mapping with its neighbours again, where pages that
// come from elsewhere keep it apart, and a process can have only so many mappings.
OsResult renew_pages(void* address, size_t byte_length);

// Writes one byte for each OS page: 1 resident, 0 not.
OsResult resident_pages(void* address, size_t byte_length, uint8_t* resident);

// Moves the pages of a range to the start of another, longer one, which it does not overlap. What was there is dropped,
// and the range they leave reads zero. False: the system has no such call, or refused; nothing has changed then.
bool move_pages(void* address, size_t byte_length, void* to, size_t to_length);

// Whether discarded memory reads zero and is not resident: emulators and sandboxes that do nothing say they did.
bool discards_work();

std::string error_name(int error);  // "ENOMEM"

}  // namespace ebb
