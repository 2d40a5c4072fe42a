// What every byte of every region must be: the same operations on plain memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driver {

struct Memory {
  char* start;
  std::vector<uint8_t> bytes;
  bool has(const char* at) const { return at >= start && at < start + bytes.size(); }
};

class Shadow {
 public:
  // The memory of a region, known or new.
  std::shared_ptr<Memory> memory(char* start, size_t length) {
    for (auto next = all.begin(); next != all.end();) next = next->second.expired() ? all.erase(next) : std::next(next);
    auto& known = all[start];
    std::shared_ptr<Memory> found = known.lock();
    if (found == nullptr) known = found = std::make_shared<Memory>(Memory{start, {start, start + length}});
    return found;
  }

  void write(const char* at, const void* bytes, size_t length) {
    if (uint8_t* into = find(at)) std::memcpy(into, bytes, length);
  }
  void zero(const char* at, size_t length) {
    if (uint8_t* into = find(at)) std::memset(into, 0, length);
  }
  uint32_t add(const char* word, uint32_t difference) {
    uint32_t value;
    uint8_t* at = find(word);
    std::memcpy(&value, at, sizeof value);
    value += difference;
    std::memcpy(at, &value, sizeof value);
    return value;
  }
  // Takes what is there for right: a call of the system was refused amid of something that goes on without it.
  void accept() {
    for (auto& [start, known] : all)
      if (const auto memory = known.lock()) std::memcpy(memory->bytes.data(), start, memory->bytes.size());
  }

 private:
  // Where the shadow of an address is; null for memory that is no region's.
  uint8_t* find(const char* at) {
    auto next = all.upper_bound(const_cast<char*>(at));
    if (next == all.begin()) return nullptr;
    const auto memory = (--next)->second.lock();
    return memory != nullptr && memory->has(at) ? memory->bytes.data() + (at - memory->start) : nullptr;
  }

  std::map<char*, std::weak_ptr<Memory>> all;
};

}  // namespace driver
