// The same without libFuzzer, as for valgrind: worlds of random bytes, so many from a seed on.
//     smoke SEED COUNT
#include <cstdio>
#include <cstdlib>
#include <random>

#include "world.h"

int main(int count, char** words) {
  const unsigned first = count > 1 ? static_cast<unsigned>(std::atoi(words[1])) : 1;
  const unsigned worlds = count > 2 ? static_cast<unsigned>(std::atoi(words[2])) : 100;
  for (unsigned seed = first; seed < first + worlds; seed++) {
    std::mt19937 random(seed);
    std::vector<uint8_t> bytes(2000);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    driver::Input input(bytes.data(), bytes.size());
    driver::World(input).run();
  }
  std::printf("%u worlds from seed %u on\n", worlds, first);
  return 0;
}
