#include "regions.h"

#include <algorithm>

namespace ebb {

Counts counts;

Region::Region(char* start, size_t length, napi_env env, napi_ref kept)
    : address(start), byte_length(length), env(env), kept(kept) {
  counts.maps++;
  counts.mapped_bytes += length;
}

void Region::leave() {
  if (--owners > 0) return;
  unmap();
  counts.unmaps++;
  counts.mapped_bytes -= byte_length;
  delete this;
}

void Region::strand(char* start, size_t length) {
  std::lock_guard<std::mutex> lock(mutex);
  stranded.emplace_back(start, length);
}

// What is stranded stays; on Windows, where a reservation ends as a whole, all of its addresses do.
void Region::unmap() {
  if (kept != nullptr) {
    napi_delete_reference(env, kept);  // the engine unmaps it
    return;
  }
  if (stranded.empty()) {
    unmap_pages(address, byte_length);
    return;
  }
  std::sort(stranded.begin(), stranded.end());
  char* from = address;
  const auto unmap_to = [&](char* to) {
#if defined(_WIN32)
    if (to > from) drop_pages(from, static_cast<size_t>(to - from));
#else
    if (to > from) unmap_pages(from, static_cast<size_t>(to - from));
#endif
  };
  for (const auto& [start, length] : stranded) {
    unmap_to(start);
    from = std::max(from, start + length);
  }
  unmap_to(address + byte_length);
}

// Two owners: the finalizer, and make() until it returns. Some runtimes run the finalizer inside of a call that fails.
struct Part {
  Parts* parts;
  Region* region;  // null: given back
  Region* holder;
  uint32_t* hold;
  char* start;
  size_t byte_length;
  napi_ref buffer = nullptr;  // weak; of a region of the engine's, which ends with its thread in any case, none
  bool may_be_elsewhere = false;
  int owners = 2;

  void give_back() {
    if (region == nullptr || !(region->is_ours() || parts->has_memory)) return;
    if (may_be_elsewhere) {
      region->strand(start, byte_length);
      discard_pages(start, byte_length);
    } else if (--*hold == 0) {
      discard_pages(start, byte_length);  // nobody else may come by who does it
    }
    region->leave();
    holder->leave();
    region = nullptr;
    parts->forget(this);
  }

  void leave(int count = 1) {
    if ((owners -= count) > 0) return;
    give_back();
    delete this;
  }
};

void Parts::finalize(napi_env env, void*, void* data) {
  auto* part = static_cast<Part*>(data);
  if (part->buffer != nullptr) {
    napi_delete_reference(env, part->buffer);
    part->may_be_elsewhere = part->parts->living.count(part) != 0 && part->parts->is_ending();
  }
  part->leave();
}

Parts::Parts(napi_env env) : env(env) {
  napi_add_env_cleanup_hook(
      env, [](void* parts) { static_cast<Parts*>(parts)->has_memory = false; }, this);
}

void Parts::forget(Part* part) {
  living.erase(part);
  leave_one();
}

uint32_t Parts::enter(Region* region) {
  count++;
  const auto unused = std::find(regions.begin(), regions.end(), nullptr);
  const auto id = static_cast<uint32_t>(unused - regions.begin());
  if (unused == regions.end())
    regions.push_back(region);
  else
    *unused = region;
  return id;
}

void Parts::exit(uint32_t id) {
  regions[id]->leave();
  regions[id] = nullptr;
  leave_one();
}

void Parts::leave_one() {
  if (--count == 0 && has_ended) delete this;
}

void Parts::leave() {
  has_ended = true;
  if (count == 0) delete this;
}

Napi::Value Parts::make(Region* region, char* start, size_t byte_length, Region* holder, uint32_t* hold) {
  ++*hold;
  count++;
  region->join();
  holder->join();
  auto* part = new Part{this, region, holder, hold, start, byte_length};
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(env, start, byte_length, finalize, part, &buffer);
  if (status == napi_ok) {
    if (region->is_ours()) watch(part, buffer);
    part->leave();
    return Napi::Value(env, buffer);
  }
  // Refused. Whether the finalizer has run, will run or never will depends on the reason and on the runtime.
  part->give_back();
  part->leave(status == napi_no_external_buffers_allowed ? 2 : 1);
  if (status != napi_no_external_buffers_allowed) throw Napi::Error::New(env);
  throw Napi::Error::New(env,
                         "V8's sandbox (as in Electron) allows no ArrayBuffer over OS pages: bytes() and buffer() "
                         "cannot work here, use copyOut() and copyIn()");
}

void Parts::watch(Part* part, napi_value buffer) {
  living.insert(part);
  napi_create_reference(env, buffer, 0, &part->buffer);
  if (guard != nullptr) napi_delete_reference(env, guard);
  guard = nullptr;
  napi_value made;
  auto* byte = new char{0};
  if (napi_create_external_arraybuffer(env, byte, 1, finalize_guard, this, &made) == napi_ok)
    napi_create_reference(env, made, 1, &guard);
}

// JavaScript must not run any more.
bool Parts::is_ending() const {
  napi_value global;
  bool has;
  return napi_get_global(env, &global) == napi_ok && napi_has_named_property(env, global, "ebb", &has) != napi_ok;
}

// A buffer that is alive and not empty has its memory: that ends with this thread, so nobody else needs to be asked.
void Parts::finalize_guard(napi_env env, void* byte, void* data) {
  delete static_cast<char*>(byte);
  auto* parts = static_cast<Parts*>(data);
  if (!parts->is_ending()) return;
  for (auto next = parts->living.begin(); next != parts->living.end();) {
    Part* part = *next++;
    napi_value buffer = nullptr;
    void* start = nullptr;
    size_t byte_length = 0;
    napi_get_reference_value(env, part->buffer, &buffer);
    if (buffer != nullptr) napi_get_arraybuffer_info(env, buffer, &start, &byte_length);
    if (byte_length > 0) parts->living.erase(part);
  }
}

}  // namespace ebb
