// Random calls on the addon in up to three environments of one thread, each result compared with what it must be.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "input.h"
#include "realm.h"

namespace driver {

class World {
 public:
  explicit World(Input& input);
  void run();

 private:
  // Some bytes of a region, and whether the addon must take them.
  struct Range {
    Region* region;
    double offset, length;
    bool is_valid;
    char* start() const { return region->at(static_cast<size_t>(offset)); }
    size_t bytes() const { return static_cast<size_t>(length); }
  };

  void step();
  // Calls, and looks whether it threw exactly where it must. True: it did what it should.
  bool tried(const char* name, std::vector<napi_value> arguments, bool is_valid);
  void settle();
  Region* any_region();
  Range range(size_t unit);
  napi_value array(napi_value buffer, size_t most);
  napi_value any_value();

  void reserve();
  void adopt();
  void part();
  void discard(const char* name);
  void drop();
  void move();
  void clear();
  void copy();
  void copy_in();
  void copy_out();
  void encode();
  void decode();
  void resident();
  void nonsense();
  void wait();
  void lose();
  void hand_over();
  void end_realm(bool collects);
  void compare(const Memory& memory);
  void touch();
  void leave_nothing();

  Input& input;
  Shadow shadow;
  std::array<std::unique_ptr<Realm>, 3> realms;
  Realm* realm = nullptr;
  napi_value result = nullptr;
  int refused_before = 0;
  bool was_accepted = false;  // what is there, by the last call that was tried
  bool may_strand = false;    // a part whose buffer is not to be found when its environment ends stays mapped for good
};

}  // namespace driver
