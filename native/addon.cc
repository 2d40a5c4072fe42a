// The border between JavaScript and the pages of the system: checks every argument, turns OS errors into Errors with
// `code`, `errno` and `syscall`. regions.h has who keeps what mapped.
#include <napi.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <cstring>
#include <memory>
#include <new>
#include <system_error>

#include "arguments.h"
#include "os_pages.h"
#include "poll.h"
#include "regions.h"
#include "utf8.h"

namespace ebb {

using Info = Arguments;
using Range = Arguments::Range;

static constexpr size_t kMaxByteLength = static_cast<size_t>(((1ull << 53) - 1) & SIZE_MAX);  // what a number counts

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

static void leave_region(napi_env env, void* id, void*) {
  Parts* parts = nullptr;
  napi_get_instance_data(env, reinterpret_cast<void**>(&parts));
  parts->exit(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(id)));
}

// The object that JavaScript has of a region: `buffer` is its memory, and it stays for as long as the object does.
static Napi::Value show(Napi::Env env, Parts* parts, Region* region, napi_value buffer) {
  auto object = Napi::Object::New(env);
  const uint32_t id = parts->enter(region);
  napi_wrap(env, object, reinterpret_cast<void*>(static_cast<uintptr_t>(id)), leave_region, nullptr, nullptr);
  object.Set("id", id);
  object.Set("buffer", Napi::Value(env, buffer));
  return object;
}

using CreateShared = napi_status(NAPI_CDECL*)(napi_env, void*, size_t, void(NAPI_CDECL*)(void*, void*), void*,
                                              napi_value*);

// Node 22.23, 24.16, 26.1 and later, and Bun; looked up, so that one addon serves all.
static CreateShared find_create_shared() {
  constexpr const char* kName = "node_api_create_external_sharedarraybuffer";
#if defined(_WIN32)
  void* found = reinterpret_cast<void*>(GetProcAddress(GetModuleHandle(nullptr), kName));
#else
  void* found = dlsym(RTLD_DEFAULT, kName);
#endif
  return reinterpret_cast<CreateShared>(found);
}

static const CreateShared create_shared = find_create_shared();

static void leave_shared(void*, void* region) { static_cast<Region*>(region)->leave(); }
static void leave_unshared(napi_env, void*, void* region) { static_cast<Region*>(region)->leave(); }

// Maps pages under a buffer of their own: a SharedArrayBuffer, or an ArrayBuffer where `isShared` is false.
static Napi::Value reserve(const Info& info) {
  const Napi::Env env = info.Env();
  const size_t byte_length = info.multiple(0, "byteLength", os_page_size(), kMaxByteLength, os_page_size());
  const bool is_shared = info[1].ToBoolean();
  if (is_shared && create_shared == nullptr)
    throw Napi::Error::New(env, "this runtime makes no SharedArrayBuffer over mapped pages");
  void* address = nullptr;
  check(env, map_pages(byte_length, &address));
  prepare_pages(address, byte_length);
  auto* region = new Region(static_cast<char*>(address), byte_length, env, nullptr);
  region->join();  // the buffer
  napi_value buffer;
  const napi_status status =
      is_shared ? create_shared(env, address, byte_length, leave_shared, region, &buffer)
                : napi_create_external_arraybuffer(env, address, byte_length, leave_unshared, region, &buffer);
  if (status == napi_ok) return show(env, info.parts, region, buffer);
  region->leave();  // the finalizer may have run, or may run later: what it still owns stays mapped
  throw Napi::Error::New(env, "this runtime allows no buffer over mapped pages");
}

static void probe(const Info& info) {
  check(info.Env(), probe_pages(info.multiple(0, "byteLength", os_page_size(), kMaxByteLength, os_page_size())));
}

// Takes the pages under a SharedArrayBuffer of the engine's own, through a Uint8Array over all of it.
static Napi::Value adopt(const Info& info) {
  const Napi::Env env = info.Env();
  napi_typedarray_type type;
  size_t byte_length = 0, byte_offset = 0;
  void* address = nullptr;
  napi_value buffer;
  const bool is_view = info[0].IsTypedArray() && napi_get_typedarray_info(env, info[0], &type, &byte_length, &address,
                                                                          &buffer, &byte_offset) == napi_ok;
  bool can_be_detached = true;
  if (is_view) napi_is_arraybuffer(env, buffer, &can_be_detached);
  if (can_be_detached || type != napi_uint8_array || byte_offset != 0)
    throw Napi::TypeError::New(env, "view must be a Uint8Array over a whole SharedArrayBuffer");
  const size_t page = os_page_size();
  if (byte_length == 0 || byte_length % page != 0 || reinterpret_cast<uintptr_t>(address) % page != 0)
    throw Napi::RangeError::New(env, "view must be over whole OS pages");
  napi_ref kept;
  if (napi_create_reference(env, buffer, 1, &kept) != napi_ok) throw Napi::Error::New(env);
  prepare_pages(address, byte_length);
  auto* region = new Region(static_cast<char*>(address), byte_length, env, kept);
  return show(env, info.parts, region, buffer);
}

// part(region, byteOffset, byteLength, holder, hold)
static Napi::Value part(const Info& info) {
  Region *region = info.region(), *holder = info.region(3);
  const Range range = info.pages(region);
  // Some engines take two buffers that begin at one address for the same.
  if (range.start == region->address)
    throw Napi::RangeError::New(info.Env(), "byteOffset must be behind the first OS page");
  const size_t hold = info.multiple(4, "hold", 0, holder->byte_length - sizeof(int32_t), sizeof(int32_t));
  auto* word = reinterpret_cast<uint32_t*>(holder->address + hold);
  return info.parts->make(region, range.start, range.byte_length, holder, word);
}

static Napi::Value populate(const Info& info) {
  const Range range = info.pages(info.region());
  return Napi::Boolean::New(info.Env(), populate_pages(range.start, range.byte_length));
}

static void discard(const Info& info) {
  const Range range = info.pages(info.region());
  check(info.Env(), discard_pages(range.start, range.byte_length));
}

static void renew(const Info& info) {
  const Range range = info.pages(info.region());
  check(info.Env(), renew_pages(range.start, range.byte_length));
}

// Nobody reads or writes the region any more, and it has no part.
static void drop(const Info& info) {
  Region* region = info.region();
  drop_pages(region->address, region->byte_length);
}

// move(region, from, byteLength, target, to, toByteLength)
static Napi::Value move(const Info& info) {
  const Range from = info.pages(info.region()), to = info.pages(info.region(3), 4, 5);
  if (to.byte_length < from.byte_length) throw Napi::RangeError::New(info.Env(), "the target must not be shorter");
  if (from.start < to.start + to.byte_length && to.start < from.start + from.byte_length)
    throw Napi::RangeError::New(info.Env(), "the ranges must not overlap");
  return Napi::Boolean::New(info.Env(), move_pages(from.start, from.byte_length, to.start, to.byte_length));
}

static void clear(const Info& info) {
  const Range range = info.range(info.region(), 1, 2, 1);
  std::memset(range.start, 0, range.byte_length);
}

// copy(region, from, byteLength, target, to)
static void copy(const Info& info) {
  const Range from = info.range(info.region(), 1, 2, 1);
  Region* target = info.region(3);
  if (from.byte_length > target->byte_length) throw Napi::RangeError::New(info.Env(), "the target must not be shorter");
  const size_t to = info.multiple(4, "to", 0, target->byte_length - from.byte_length, 1);
  std::memmove(target->address + to, from.start, from.byte_length);
}

// copyIn(region, to, bytes)
static void copy_in(const Info& info) {
  Region* region = info.region();
  const Range from = info.bytes(2);
  if (from.byte_length > region->byte_length) throw Napi::RangeError::New(info.Env(), "the region must not be shorter");
  const size_t to = info.multiple(1, "to", 0, region->byte_length - from.byte_length, 1);
  if (from.byte_length > 0) std::memmove(region->address + to, from.start, from.byte_length);
}

// copyOut(region, from, bytes)
static void copy_out(const Info& info) {
  Region* region = info.region();
  const Range to = info.bytes(2);
  if (to.byte_length > region->byte_length) throw Napi::RangeError::New(info.Env(), "the region must not be shorter");
  const size_t from = info.multiple(1, "from", 0, region->byte_length - to.byte_length, 1);
  if (to.byte_length > 0) std::memmove(to.start, region->address + from, to.byte_length);
}

// UTF-16 units on their way: on the stack where they are few.
class Units {
 public:
  // False: there is no memory.
  bool reserve(size_t count) {
    if (count <= kOnStack) return true;
    more.reset(new (std::nothrow) char16_t[count]);
    return more != nullptr;
  }
  char16_t* data() { return more == nullptr ? few : more.get(); }

  static constexpr size_t kOnStack = 2048;

 private:
  char16_t few[kOnStack];
  std::unique_ptr<char16_t[]> more;
};

// encode(text, bytes): how many were written, or -1 for a lone surrogate
static Napi::Value encode(const Info& info) {
  const Napi::Env env = info.Env();
  Units units;
  size_t length = 0;
  if (napi_get_value_string_utf16(env, info[0], units.data(), Units::kOnStack, &length) != napi_ok)
    throw Napi::TypeError::New(env, "text must be a string");
  if (length == Units::kOnStack - 1) {  // there may be more of it
    napi_get_value_string_utf16(env, info[0], nullptr, 0, &length);
    if (!units.reserve(length + 1)) throw Napi::Error::New(env, "there is no memory for the text");
    napi_get_value_string_utf16(env, info[0], units.data(), length + 1, &length);
  }
  const Range into = info.bytes(1);
  if (length > into.byte_length / 3) throw Napi::RangeError::New(env, "bytes must be three for each unit of the text");
  const size_t written = encode_utf8(units.data(), length, reinterpret_cast<uint8_t*>(into.start));
  return Napi::Number::New(env, written == kMalformed ? -1 : static_cast<double>(written));
}

// decode(region, byteOffset, byteLength): the text, or undefined where it is no UTF-8
static Napi::Value decode(const Info& info) {
  const Napi::Env env = info.Env();
  const Range range = info.range(info.region(), 1, 2, 1);
  Units units;
  if (!units.reserve(range.byte_length)) return env.Undefined();
  const auto* start = reinterpret_cast<const uint8_t*>(range.start);
  const size_t length = decode_utf8(start, range.byte_length, units.data());
  napi_value text;
  if (length == kMalformed || napi_create_string_utf16(env, units.data(), length, &text) != napi_ok)
    return env.Undefined();
  return Napi::Value(env, text);
}

static Napi::Value resident(const Info& info) {
  const Range range = info.pages(info.region());
  auto pages = Napi::Uint8Array::New(info.Env(), range.byte_length / os_page_size());
  check(info.Env(), resident_pages(range.start, range.byte_length, pages.Data()));
  return pages;
}

static Napi::Value mappings(const Info& info) {
  auto object = Napi::Object::New(info.Env());
  object.Set("maps", static_cast<double>(counts.maps));
  object.Set("unmaps", static_cast<double>(counts.unmaps));
  object.Set("mappedBytes", static_cast<double>(counts.mapped_bytes));
  return object;
}

static void leave_parts(Napi::Env, Parts* parts) { parts->leave(); }

template <auto function, size_t count>
static void set(Napi::Object exports, Parts* parts, const char* name) {
  const Napi::Env env = exports.Env();
  napi_value made;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, called<function, count>, parts, &made) != napi_ok)
    throw Napi::Error::New(env);
  exports.Set(name, made);
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* parts = new Parts(env);
  env.SetInstanceData<Parts, leave_parts>(parts);
  exports.Set("osPageSize", static_cast<double>(os_page_size()));
  exports.Set("sharesPages", create_shared != nullptr);
  exports.Set("discardsWork", discards_work());
  set<reserve, 2>(exports, parts, "reserve");
  set<probe, 1>(exports, parts, "probe");
  set<adopt, 1>(exports, parts, "adopt");
  set<part, 5>(exports, parts, "part");
  set<populate, 3>(exports, parts, "populate");
  set<discard, 3>(exports, parts, "discard");
  set<renew, 3>(exports, parts, "renew");
  set<drop, 1>(exports, parts, "drop");
  set<move, 6>(exports, parts, "move");
  set<clear, 3>(exports, parts, "clear");
  set<copy, 5>(exports, parts, "copy");
  set<copy_in, 3>(exports, parts, "copyIn");
  set<copy_out, 3>(exports, parts, "copyOut");
  set<encode, 2>(exports, parts, "encode");
  set<decode, 3>(exports, parts, "decode");
  set<resident, 3>(exports, parts, "residentPages");
  set<mappings, 0>(exports, parts, "mappings");
  exports.Set("poll", Napi::Function::New(env, poll, "poll"));
  exports.Set("signal", Napi::Function::New(env, signal, "signal"));
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace ebb
