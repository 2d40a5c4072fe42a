// Threads with an environment each, which share regions and hand parts over while they and their environments end: for
// ThreadSanitizer. A byte is written by one thread only, so every race it reports is the addon's.
//     races SEED ROUNDS
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "realm.h"

namespace {

using driver::Realm;
using engine::kPage;
constexpr size_t kPages = 16, kFirstPart = 4;  // holds lie in page 0, pages before the parts are cleared and copied
constexpr int kThreads = 4;

// Memory on its way from one thread to another. What the one did before is seen by the other, and nothing else: a lock
// would order all that the two do, and hide their races.
class Mailbox {
 public:
  void put(std::shared_ptr<engine::Store> store) {
    if (slot.load(std::memory_order_relaxed) != nullptr) return;
    slot.store(new std::shared_ptr<engine::Store>(std::move(store)), std::memory_order_release);
  }
  std::shared_ptr<engine::Store> take() {
    const std::unique_ptr<std::shared_ptr<engine::Store>> taken(slot.exchange(nullptr, std::memory_order_acquire));
    return taken == nullptr ? nullptr : *taken;
  }

 private:
  std::atomic<std::shared_ptr<engine::Store>*> slot{nullptr};
};

// Each thread fills its own, and empties those of the others.
std::array<std::array<Mailbox, 4>, kThreads> mailboxes;

// What was handed over must be there, whatever became of the thread that had it.
void read(const engine::Store& store) {
  for (size_t at = 0; at < store.length; at += kPage)
    if (!store.is_shared) (void)__atomic_load_n(store.data + at, __ATOMIC_RELAXED);
}

class Worker {
 public:
  Worker(unsigned number, unsigned seed) : number(number), random(seed) {}

  void live(int calls) {
    driver::Shadow shadow;
    Realm realm(shadow);
    for (int i = 0; i < calls; i++) step(realm);
  }

 private:
  size_t below(size_t count) { return random() % count; }
  void put(const std::shared_ptr<engine::Store>& store) { mailboxes[number][below(4)].put(store); }
  std::shared_ptr<engine::Store> take() {
    return mailboxes[(number + 1 + below(kThreads - 1)) % kThreads][below(4)].take();
  }

  void step(Realm& realm) {
    auto& engine = realm.engine;
    engine.handles.clear();
    if (below(8) == 0) std::this_thread::yield();
    const size_t choice = below(12);
    if (realm.regions.empty() || choice == 0) {
      const napi_value flag = engine.make(napi_boolean);
      flag->boolean = true;
      const napi_value made = realm.call("reserve", {realm.number(kPages * kPage), flag});
      driver::must(made != nullptr, "there is memory");
      realm.add_region(made);
      put(made->properties["buffer"]->store);
      return;
    }
    const driver::Region region = realm.regions[below(realm.regions.size())];
    const napi_value id = realm.number(region.id);
    const auto at = [&](size_t page) { return realm.number(static_cast<double>(page * kPage)); };
    switch (choice) {
      case 1:
      case 2:
      case 3:
      case 4: {
        const size_t page = kFirstPart + below(kPages - kFirstPart), length = 1 + below(kPages - page);
        const napi_value part = realm.call("part", {id, at(page), at(length), id, realm.number(8)});
        driver::must(part != nullptr, "there is a part");
        return realm.add_buffer(part);
      }
      case 5: realm.call("clear", {id, at(1), at(1)}); return;
      case 6: realm.call("copy", {id, at(1), at(1), id, at(2)}); return;
      case 7: realm.call(below(2) == 0 ? "discard" : "renew", {id, at(2), at(1)}); return;
      case 8:
        if (const auto store = take()) {
          read(*store);
          realm.add_buffer(engine.buffer(store));
        }
        return;
      case 9:
        if (realm.buffers.empty()) return;
        if (const auto store = realm.buffers.back()->store) put(store);
        realm.buffers.back()->store.reset();
        return;
      case 10:
        if (realm.buffers.size() > 8) {
          realm.unroot(realm.buffers.front());
          realm.buffers.erase(realm.buffers.begin());
        }
        if (realm.regions.size() > 3) realm.forget_region(0);
        return;
      default:
        realm.call("mappings", {});
        engine.collect();
        engine.turn();
    }
  }

  const unsigned number;
  std::mt19937 random;
};

}  // namespace

int main(int count, char** words) {
  const unsigned seed = count > 1 ? static_cast<unsigned>(std::atoi(words[1])) : 1;
  const int rounds = count > 2 ? std::atoi(words[2]) : 10;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; i++) {
    threads.emplace_back([=] {
      Worker worker(i, seed * kThreads + i);
      for (int round = 0; round < rounds; round++) worker.live(400);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (auto& boxes : mailboxes)
    for (Mailbox& box : boxes) box.take();
  std::printf("%d threads, %d environments each, from seed %u on\n", kThreads, rounds, seed);
  return 0;
}
