// Regions of address space and the ArrayBuffers over parts of them: who keeps what mapped.
//
//     a region    2 GiB of addresses, say. Its owners: the object that JavaScript has of it, the SharedArrayBuffer over
//                 the whole where the pages are ours, and each of its parts. Without an owner it is unmapped.
//     a part      some pages of a region under an ArrayBuffer of their own, which user code may keep, hand to a job of
//                 another thread, or transfer away. A word of JavaScript's books, its hold, counts it.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "os_pages.h"

namespace ebb {

struct Counts {  // of the whole process, all threads
  std::atomic<uint64_t> maps{0}, unmaps{0}, mapped_bytes{0};
};
extern Counts counts;

// Pages and their owners. Owners may leave on any thread.
class Region {
 public:
  // `kept`: the SharedArrayBuffer whose pages these are, kept alive as long as the region; null where they are ours.
  Region(char* start, size_t length, napi_env env, napi_ref kept);

  char* const address;
  const size_t byte_length;

  bool is_ours() const { return kept == nullptr; }  // and not the engine's
  void join() { owners++; }
  void leave();
  // Keeps a range mapped for good: somebody may reach it whom nobody can ask.
  void strand(char* start, size_t length);

 private:
  ~Region() = default;
  void unmap();

  std::atomic<int> owners{1};
  napi_env env;
  napi_ref kept;
  std::mutex mutex;
  std::vector<std::pair<char*, size_t>> stranded;
};

struct Part;

// What one environment (the main thread, a worker) knows of its parts. When an environment ends, Node detaches all
// external ArrayBuffers and runs their finalizers, those made last first, also where the memory was transferred to
// another thread and is in use there. A guard, made after every part, comes first: what is not in its buffer any more
// by then is stranded.
class Parts {
 public:
  explicit Parts(napi_env env);
  void leave();  // the environment ends; some parts may still be finalized after it

  // Regions go by numbers in JavaScript: a check of a number is ten times as fast as that of an object.
  uint32_t enter(Region* region);
  void exit(uint32_t id);
  Region* find(uint32_t id) const { return id < regions.size() ? regions[id] : nullptr; }

  // An ArrayBuffer over a range of a region. `hold` is a word of `holder`, one larger while the part lives.
  Napi::Value make(Region* region, char* start, size_t byte_length, Region* holder, uint32_t* hold);

 private:
  friend struct Part;

  static void finalize(napi_env env, void* data, void* part);
  static void finalize_guard(napi_env env, void* guard, void* parts);
  void watch(Part* part, napi_value buffer);
  void forget(Part* part);
  void leave_one();
  bool is_ending() const;

  napi_env env;
  napi_ref guard = nullptr;
  bool has_ended = false;            // the environment
  bool has_memory = true;            // of the engine's regions: it may go before the last finalizers run
  size_t count = 0;                  // parts and regions that are still to be given back
  std::vector<Region*> regions;      // by number; null: the number is free
  std::unordered_set<Part*> living;  // of regions that are ours
};

}  // namespace ebb
