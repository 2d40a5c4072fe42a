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
  bool range_lost = false;  // a failed discard has left the range without memory: nobody may touch it again
};

size_t os_page_size();

// Maps `byte_length` bytes that read zero. Physical memory comes with the first touch, one OS page at a time: no huge
// pages, because they make discarded memory resident again. Of a sparse mapping little will ever be touched.
OsResult map_pages(size_t byte_length, bool is_sparse, void** address);

// Gives a whole mapping back: its address space and its memory.
OsResult unmap_pages(void* address, size_t byte_length);

// Gives the physical memory of a range back now. The range stays mapped and reads zero.
OsResult discard_pages(void* address, size_t byte_length);

// Makes a range resident ahead of its first touch. False: the system has no such call, or refused.
bool populate_pages(void* address, size_t byte_length);

// Writes one byte for each OS page: 1 resident, 0 not.
OsResult resident_pages(void* address, size_t byte_length, uint8_t* resident);

// Makes a longer mapping with the pages of a whole one, without copying a byte; the old mapping stays and reads zero.
// On failure nothing has changed. `new_address` left alone without an error: the system has no such call.
OsResult move_pages(void* address, size_t byte_length, size_t new_byte_length, void** new_address);

// Moves the pages of a range to the start of another, longer one, which it does not overlap. What was there is dropped,
// and the range they leave reads zero. False: the system has no such call, or refused; nothing has changed then.
bool move_pages_to(void* address, size_t byte_length, void* to, size_t to_length);

std::string error_name(int error);  // "ENOMEM"

}  // namespace ebb
