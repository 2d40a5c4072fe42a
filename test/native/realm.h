// An environment with the addon loaded, and what the driver knows of it: its regions, parts and buffers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine.h"
#include "shadow.h"

namespace driver {

// Ends the process, as a sanitizer does.
[[noreturn]] void fail(const std::string& why);
inline void must(bool is_so, const char* what) {
  if (!is_so) fail(what);
}

struct Region {
  napi_value object;
  double id;
  std::shared_ptr<Memory> memory;
  size_t length() const { return memory->bytes.size(); }
  char* at(size_t offset) const { return memory->start + offset; }
};

// Of a part, until its finalizer has run. Nothing is known of those that came of random calls.
struct Part {
  std::shared_ptr<Memory> memory, holder;
  char* start;
  size_t length;
  char* hold;
};

struct Thrown {
  std::string message, code;
};

class Realm {
 public:
  explicit Realm(Shadow& shadow);
  ~Realm();
  Realm(const Realm&) = delete;

  // The result of a function of the addon; null: it threw, and `thrown` is what. `thrown.code` is set for the system's
  // errors.
  napi_value call(const char* name, std::vector<napi_value> arguments);
  Thrown thrown;

  napi_value number(double value) { return engine.number(value); }
  void root(napi_value value) { engine.roots.push_back(value); }
  void unroot(napi_value value) { engine.roots.remove(value); }

  // `result` is an object of a region.
  void add_region(napi_value result);
  void forget_region(size_t index);
  void add_part(napi_value buffer, const Region& region, size_t offset, size_t length, const Region& holder,
                size_t hold);
  void add_buffer(napi_value buffer);

  napi_env__ engine;
  std::vector<Region> regions;
  std::map<void*, Part> parts;      // by the engine's hint
  std::vector<napi_value> buffers;  // that user code has
  std::vector<napi_value> closers;  // functions that end what was waited for
  std::vector<int> signals;         // file descriptors
  uint32_t callbacks = 0;
  bool is_heard_for_good = false;  // nobody has what ends it
  bool is_unsure = false;          // a part has ended of which nothing is known

 private:
  void part_ends(void* hint);

  Shadow& shadow;
};

}  // namespace driver
