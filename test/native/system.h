// The system calls of the addon, by way of the linker (--wrap): some are refused, and what is mapped is known.
#pragma once

#include <cstddef>

namespace driver {

// The n-th call from now on is refused with ENOMEM, and so many after it. 0: none is.
void refuse(int n, int count);
// How many were refused so far.
int refusals();
// Bytes that the addon has mapped.
size_t mapped_bytes();
// Whether a range is mapped whole.
bool is_mapped(const char* start, size_t length);
// Unmaps all that is left; returns how many bytes.
size_t unmap_all();

}  // namespace driver
