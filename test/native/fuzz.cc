// The target of libFuzzer: bytes are decisions of a world.
#include "world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t length) {
  driver::Input input(bytes, length);
  driver::World(input).run();
  return 0;
}
