// The border between JavaScript and os_pages.h, and nothing else: checks every argument, wraps mappings in external
// ArrayBuffers, turns OS errors into Errors with `code`, `errno` and `syscall`.
//
// Who unmaps: the finalizer of the ArrayBuffer that was made over the mapping, and only it. unmap() gives the memory
// back and detaches the ArrayBuffer, which makes every view on it empty; the engine calls the finalizer afterwards.
#include <napi.h>

#include <atomic>
#include <cmath>
#include <mutex>
#include <system_error>
#include <unordered_map>

#include "os_pages.h"

namespace ebb {

using Info = Napi::CallbackInfo;

static std::atomic<uint64_t> maps{0}, unmaps{0}, mapped_bytes{0};  // of the whole process, all threads

// A mapping, or a part of one, and its owners: the finalizer, wrap() until it returns, and each of its parts. The
// finalizer is handed the record and never asks for an address, because by then the same address may belong to another
// mapping.
struct Mapping {
  void* address;  // null: given back
  size_t byte_length;
  Mapping* whole = nullptr;   // a part: of this mapping
  Mapping* holder = nullptr;  // a part: of this one
  int32_t* hold = nullptr;    // a word counts those who may still reach the part
  int owners = 2;

  void give_back() {
    if (address == nullptr) return;
    if (whole != nullptr) {
      if (--*hold == 0) discard_pages(address, byte_length);  // nobody else may come by who does it
      whole->leave();
      holder->leave();
    } else {
      unmap_pages(address, byte_length);
      unmaps++;
      mapped_bytes -= byte_length;
    }
    address = nullptr;
  }

  void leave(int count = 1) {
    if ((owners -= count) > 0) return;
    give_back();
    delete this;
  }
};

// The attached mappings by address, only for telling our ArrayBuffers from anybody else's. Never destroyed, because
// finalizers run until the very end of the process.
static auto& attached = *new std::unordered_map<void*, Mapping*>;
static auto& attached_mutex = *new std::mutex;

static void forget(Mapping* mapping) {
  std::lock_guard<std::mutex> lock(attached_mutex);
  const auto entry = attached.find(mapping->address);
  if (entry != attached.end() && entry->second == mapping) attached.erase(entry);
}

static void check(Napi::Env env, const OsResult& result) {
  if (result.error == 0) return;
  const std::string code = error_name(result.error);
  Napi::Error error =
      Napi::Error::New(env, code + ": " + std::system_category().message(result.error) + ", " + result.syscall);
  error.Set("errno", static_cast<double>(-result.error));
  error.Set("code", code);
  error.Set("syscall", result.syscall);
  throw error;
}

// Argument `index`: a whole number of OS pages, from `least` to `most` bytes.
static size_t page_multiple(const Info& info, size_t index, const std::string& name, size_t least, size_t most) {
  if (!info[index].IsNumber()) throw Napi::TypeError::New(info.Env(), name + " must be a number");
  const double bytes = info[index].As<Napi::Number>().DoubleValue(), page = static_cast<double>(os_page_size());
  const bool within = bytes >= static_cast<double>(least) && bytes <= static_cast<double>(most);
  if (within && std::fmod(bytes, page) == 0) return static_cast<size_t>(bytes);
  const std::string bounds = std::to_string(least) + " to " + std::to_string(most);
  const std::string got = info[index].ToString().Utf8Value();
  throw Napi::RangeError::New(info.Env(), name + " must be whole OS pages from " + bounds + " bytes, got " + got);
}

constexpr size_t kMaxByteLength = static_cast<size_t>(((1ull << 53) - 1) & SIZE_MAX);  // what a number can count

// Argument `index`: the mapping under an ArrayBuffer; null when that is detached or was made by somebody else.
static Mapping* find_mapping(const Info& info, size_t index = 0) {
  if (!info[index].IsArrayBuffer()) throw Napi::TypeError::New(info.Env(), "buffer must be an ArrayBuffer");
  auto buffer = info[index].As<Napi::ArrayBuffer>();
  std::lock_guard<std::mutex> lock(attached_mutex);
  const auto entry = attached.find(buffer.Data());
  return entry != attached.end() && entry->second->byte_length == buffer.ByteLength() ? entry->second : nullptr;
}

static Mapping* need_mapping(const Info& info, size_t index = 0) {
  if (Mapping* mapping = find_mapping(info, index)) return mapping;
  throw Napi::TypeError::New(info.Env(), "buffer is detached or was not made by map() or grow()");
}

// The same, but no part of a mapping.
static Mapping* need_whole(const Info& info, size_t index = 0) {
  Mapping* mapping = need_mapping(info, index);
  if (mapping->whole == nullptr) return mapping;
  throw Napi::TypeError::New(info.Env(), "buffer is a part of a mapping, not the whole");
}

// Two arguments, the second at `length_at`: a range of the mapping, at least one OS page.
static char* range(const Info& info, const Mapping* mapping, size_t* byte_length, size_t at = 1, size_t length_at = 2) {
  const size_t offset = page_multiple(info, at, "byteOffset", 0, mapping->byte_length - os_page_size());
  *byte_length = page_multiple(info, length_at, "byteLength", os_page_size(), mapping->byte_length - offset);
  return static_cast<char*>(mapping->address) + offset;
}

static void finalize(napi_env, void*, void* hint) {
  auto* mapping = static_cast<Mapping*>(hint);
  forget(mapping);
  mapping->leave();
}

static Napi::Value wrap(Napi::Env env, Mapping* mapping) {
  napi_value buffer;
  const napi_status status =
      napi_create_external_arraybuffer(env, mapping->address, mapping->byte_length, finalize, mapping, &buffer);
  if (status == napi_ok) {
    std::lock_guard<std::mutex> lock(attached_mutex);
    attached[mapping->address] = mapping;
    mapping->leave();
    return Napi::Value(env, buffer);
  }
  // Refused. Whether the finalizer has run, will run or never will depends on the reason and on the runtime.
  mapping->give_back();
  mapping->leave(status == napi_no_external_buffers_allowed ? 2 : 1);
  if (status != napi_no_external_buffers_allowed) throw Napi::Error::New(env);
  throw Napi::Error::New(env,
                         "V8's sandbox (as in Electron) allows no ArrayBuffer over OS pages: ebb cannot work here");
}

static void detach(const Info& info, Mapping* mapping) {
  forget(mapping);
  info[0].As<Napi::ArrayBuffer>().Detach();
}

static Napi::Value wrap_mapped(Napi::Env env, void* address, size_t byte_length) {
  maps++;
  mapped_bytes += byte_length;
  return wrap(env, new Mapping{address, byte_length});
}

static Napi::Value map_bytes(const Info& info, bool is_sparse) {
  const size_t byte_length = page_multiple(info, 0, "byteLength", os_page_size(), kMaxByteLength);
  void* address = nullptr;
  check(info.Env(), map_pages(byte_length, is_sparse, &address));
  return wrap_mapped(info.Env(), address, byte_length);
}

static Napi::Value map(const Info& info) { return map_bytes(info, false); }
static Napi::Value reserve(const Info& info) { return map_bytes(info, true); }

// Another ArrayBuffer over a range of a mapping. The word at byte offset `hold` of the mapping `holder` counts it from
// now until it is detached or collected, and both mappings stay for as long.
static Napi::Value part(const Info& info) {
  Mapping *whole = need_whole(info), *holder = need_whole(info, 3);
  size_t byte_length;
  char* start = range(info, whole, &byte_length);
  const double hold = info[4].IsNumber() ? info[4].As<Napi::Number>().DoubleValue() : -1;
  if (!(hold >= 0 && hold <= static_cast<double>(holder->byte_length - sizeof(int32_t)) && std::fmod(hold, 4) == 0))
    throw Napi::RangeError::New(info.Env(), "hold must be the byte offset of a word of the mapping");
  auto* word = reinterpret_cast<int32_t*>(static_cast<char*>(holder->address) + static_cast<size_t>(hold));
  if (start == whole->address) throw Napi::RangeError::New(info.Env(), "byteOffset must be behind the first OS page");
  ++*word;
  whole->owners++;
  holder->owners++;
  return wrap(info.Env(), new Mapping{start, byte_length, whole, holder, word});
}

static Napi::Value unmap(const Info& info) {
  Mapping* mapping = find_mapping(info);
  if (mapping == nullptr) return Napi::Boolean::New(info.Env(), false);
  discard_pages(mapping->address, mapping->byte_length);  // should it fail, the finalizer still gives everything back
  detach(info, mapping);
  return Napi::Boolean::New(info.Env(), true);
}

static void discard(const Info& info) {
  Mapping* mapping = need_mapping(info);
  size_t byte_length;
  char* start = range(info, mapping, &byte_length);
  const OsResult result = discard_pages(start, byte_length);
  if (result.range_lost) detach(info, mapping);  // reading it through a view would end the process
  check(info.Env(), result);
}

static Napi::Value populate(const Info& info) {
  size_t byte_length;
  char* start = range(info, need_mapping(info), &byte_length);
  return Napi::Boolean::New(info.Env(), populate_pages(start, byte_length));
}

static Napi::Value grow(const Info& info) {
  Mapping* old = need_whole(info);
  const size_t byte_length = page_multiple(info, 1, "byteLength", old->byte_length + os_page_size(), kMaxByteLength);
  void* address = nullptr;
  check(info.Env(), move_pages(old->address, old->byte_length, byte_length, &address));
  return address == nullptr ? info.Env().Undefined() : wrap_mapped(info.Env(), address, byte_length);
}

static Napi::Value move(const Info& info) {
  Mapping* mapping = need_whole(info);
  size_t byte_length, to_length;
  char *from = range(info, mapping, &byte_length), *to = range(info, mapping, &to_length, 3, 4);
  if (to_length < byte_length) throw Napi::RangeError::New(info.Env(), "the target must not be shorter");
  if (from < to + to_length && to < from + byte_length)
    throw Napi::RangeError::New(info.Env(), "the ranges must not overlap");
  return Napi::Boolean::New(info.Env(), move_pages_to(from, byte_length, to, to_length));
}

static Napi::Value owns(const Info& info) { return Napi::Boolean::New(info.Env(), find_mapping(info) != nullptr); }

static Napi::Value resident(const Info& info) {
  Mapping* mapping = need_mapping(info);
  size_t byte_length = mapping->byte_length;
  char* start = static_cast<char*>(mapping->address);
  if (!info[1].IsUndefined()) start = range(info, mapping, &byte_length);
  auto pages = Napi::Uint8Array::New(info.Env(), byte_length / os_page_size());
  check(info.Env(), resident_pages(start, byte_length, pages.Data()));
  return pages;
}

static Napi::Value mappings(const Info& info) {
  auto counts = Napi::Object::New(info.Env());
  const std::pair<const char*, double> fields[] = {{"maps", maps}, {"unmaps", unmaps}, {"mappedBytes", mapped_bytes}};
  for (const auto& [name, count] : fields) counts.Set(name, count);
  return counts;
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto set = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  exports.Set("osPageSize", static_cast<double>(os_page_size()));
  set("map", map);
  set("reserve", reserve);
  set("part", part);
  set("unmap", unmap);
  set("discard", discard);
  set("populate", populate);
  set("grow", grow);
  set("move", move);
  set("owns", owns);
  set("residentPages", resident);
  set("mappings", mappings);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace ebb
