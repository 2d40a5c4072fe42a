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

#include "os_pages.h"
#include "poll.h"
#include "regions.h"
#include "utf8.h"

namespace ebb {

using Info = Napi::CallbackInfo;

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

// Argument `index`: a whole number of `unit` bytes, from `least` to `most`.
static size_t multiple(const Info& info, size_t index, const char* name, size_t least, size_t most, size_t unit) {
  if (!info[index].IsNumber()) throw Napi::TypeError::New(info.Env(), std::string(name) + " must be a number");
  const double bytes = info[index].As<Napi::Number>().DoubleValue();
  const bool within = bytes >= static_cast<double>(least) && bytes <= static_cast<double>(most);
  if (within) {
    const auto whole = static_cast<size_t>(bytes);
    if (static_cast<double>(whole) == bytes && whole % unit == 0) return whole;
  }
  const std::string units = unit == os_page_size() ? "whole OS pages" : "a multiple of " + std::to_string(unit);
  const std::string bounds = std::to_string(least) + " to " + std::to_string(most);
  const std::string got = info[index].ToString().Utf8Value();
  throw Napi::RangeError::New(info.Env(),
                              std::string(name) + " must be " + units + " from " + bounds + " bytes, got " + got);
}

static Parts* parts_of(Napi::Env env) { return env.GetInstanceData<Parts>(); }

static Region* region_of(const Info& info, size_t index = 0) {
  double number = -1;
  napi_get_value_double(info.Env(), info[index], &number);
  if (number >= 0 && number <= UINT32_MAX && number == static_cast<uint32_t>(number)) {
    Region* region = parts_of(info.Env())->find(static_cast<uint32_t>(number));
    if (region != nullptr) return region;
  }
  throw Napi::TypeError::New(info.Env(), "region must be the id of one made by reserve() or adopt()");
}

struct Range {
  char* start;
  size_t byte_length;
};

// Two arguments: a range of whole `unit`s of a region.
static Range range_of(const Info& info, const Region* region, size_t at, size_t length_at, size_t unit) {
  const size_t offset = multiple(info, at, "byteOffset", 0, region->byte_length - unit, unit);
  return {region->address + offset, multiple(info, length_at, "byteLength", unit, region->byte_length - offset, unit)};
}

static Range pages_of(const Info& info, const Region* region, size_t at = 1, size_t length_at = 2) {
  return range_of(info, region, at, length_at, os_page_size());
}

static void leave_region(napi_env env, void* id, void*) {
  Parts* parts = nullptr;
  napi_get_instance_data(env, reinterpret_cast<void**>(&parts));
  parts->exit(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(id)));
}

// The object that JavaScript has of a region: `buffer` is its memory, and it stays for as long as the object does.
static Napi::Value show(Napi::Env env, Region* region, napi_value buffer) {
  auto object = Napi::Object::New(env);
  const uint32_t id = parts_of(env)->enter(region);
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
  const size_t byte_length = multiple(info, 0, "byteLength", os_page_size(), kMaxByteLength, os_page_size());
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
  if (status == napi_ok) return show(env, region, buffer);
  region->leave();  // the finalizer may have run, or may run later: what it still owns stays mapped
  throw Napi::Error::New(env, "this runtime allows no buffer over mapped pages");
}

static void probe(const Info& info) {
  check(info.Env(), probe_pages(multiple(info, 0, "byteLength", os_page_size(), kMaxByteLength, os_page_size())));
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
  return show(env, new Region(static_cast<char*>(address), byte_length, env, kept), buffer);
}

// part(region, byteOffset, byteLength, holder, hold)
static Napi::Value part(const Info& info) {
  Region *region = region_of(info), *holder = region_of(info, 3);
  const Range range = pages_of(info, region);
  // Some engines take two buffers that begin at one address for the same.
  if (range.start == region->address)
    throw Napi::RangeError::New(info.Env(), "byteOffset must be behind the first OS page");
  const size_t hold = multiple(info, 4, "hold", 0, holder->byte_length - sizeof(int32_t), sizeof(int32_t));
  auto* word = reinterpret_cast<uint32_t*>(holder->address + hold);
  return parts_of(info.Env())->make(region, range.start, range.byte_length, holder, word);
}

static Napi::Value populate(const Info& info) {
  const Range range = pages_of(info, region_of(info));
  return Napi::Boolean::New(info.Env(), populate_pages(range.start, range.byte_length));
}

static void discard(const Info& info) {
  const Range range = pages_of(info, region_of(info));
  check(info.Env(), discard_pages(range.start, range.byte_length));
}

static void renew(const Info& info) {
  const Range range = pages_of(info, region_of(info));
  check(info.Env(), renew_pages(range.start, range.byte_length));
}

// Nobody reads or writes the region any more, and it has no part.
static void drop(const Info& info) {
  Region* region = region_of(info);
  drop_pages(region->address, region->byte_length);
}

// move(region, from, byteLength, target, to, toByteLength)
static Napi::Value move(const Info& info) {
  const Range from = pages_of(info, region_of(info)), to = pages_of(info, region_of(info, 3), 4, 5);
  if (to.byte_length < from.byte_length) throw Napi::RangeError::New(info.Env(), "the target must not be shorter");
  if (from.start < to.start + to.byte_length && to.start < from.start + from.byte_length)
    throw Napi::RangeError::New(info.Env(), "the ranges must not overlap");
  return Napi::Boolean::New(info.Env(), move_pages(from.start, from.byte_length, to.start, to.byte_length));
}

static void clear(const Info& info) {
  const Range range = range_of(info, region_of(info), 1, 2, 1);
  std::memset(range.start, 0, range.byte_length);
}

// copy(region, from, byteLength, target, to)
static void copy(const Info& info) {
  const Range from = range_of(info, region_of(info), 1, 2, 1);
  Region* target = region_of(info, 3);
  if (from.byte_length > target->byte_length) throw Napi::RangeError::New(info.Env(), "the target must not be shorter");
  const size_t to = multiple(info, 4, "to", 0, target->byte_length - from.byte_length, 1);
  std::memmove(target->address + to, from.start, from.byte_length);
}

// Argument `index`: the bytes of a Uint8Array. A view over memory that is gone has none.
static Range bytes_of(const Info& info, size_t index) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* start = nullptr;
  const bool is_view = info[index].IsTypedArray() && napi_get_typedarray_info(info.Env(), info[index], &type, &length,
                                                                              &start, nullptr, nullptr) == napi_ok;
  if (!is_view || type != napi_uint8_array) throw Napi::TypeError::New(info.Env(), "bytes must be a Uint8Array");
  return {static_cast<char*>(start), start == nullptr ? 0 : length};
}

// copyIn(region, to, bytes)
static void copy_in(const Info& info) {
  Region* region = region_of(info);
  const Range from = bytes_of(info, 2);
  if (from.byte_length > region->byte_length) throw Napi::RangeError::New(info.Env(), "the region must not be shorter");
  const size_t to = multiple(info, 1, "to", 0, region->byte_length - from.byte_length, 1);
  if (from.byte_length > 0) std::memmove(region->address + to, from.start, from.byte_length);
}

// copyOut(region, from, bytes)
static void copy_out(const Info& info) {
  Region* region = region_of(info);
  const Range to = bytes_of(info, 2);
  if (to.byte_length > region->byte_length) throw Napi::RangeError::New(info.Env(), "the region must not be shorter");
  const size_t from = multiple(info, 1, "from", 0, region->byte_length - to.byte_length, 1);
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

 private:
  static constexpr size_t kOnStack = 2048;
  char16_t few[kOnStack];
  std::unique_ptr<char16_t[]> more;
};

// encode(text, bytes): how many were written, or -1 for a lone surrogate
static Napi::Value encode(const Info& info) {
  const Napi::Env env = info.Env();
  size_t length = 0;
  if (!info[0].IsString() || napi_get_value_string_utf16(env, info[0], nullptr, 0, &length) != napi_ok)
    throw Napi::TypeError::New(env, "text must be a string");
  const Range into = bytes_of(info, 1);
  if (length > into.byte_length / 3) throw Napi::RangeError::New(env, "bytes must be three for each unit of the text");
  Units units;
  if (!units.reserve(length + 1)) throw Napi::Error::New(env, "there is no memory for the text");
  napi_get_value_string_utf16(env, info[0], units.data(), length + 1, &length);
  const size_t written = encode_utf8(units.data(), length, reinterpret_cast<uint8_t*>(into.start));
  return Napi::Number::New(env, written == kMalformed ? -1 : static_cast<double>(written));
}

// decode(region, byteOffset, byteLength): the text, or undefined where it is no UTF-8
static Napi::Value decode(const Info& info) {
  const Napi::Env env = info.Env();
  const Range range = range_of(info, region_of(info), 1, 2, 1);
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
  const Range range = pages_of(info, region_of(info));
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

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto set = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  env.SetInstanceData<Parts, leave_parts>(new Parts(env));
  exports.Set("osPageSize", static_cast<double>(os_page_size()));
  exports.Set("sharesPages", create_shared != nullptr);
  exports.Set("discardsWork", discards_work());
  set("reserve", reserve);
  set("probe", probe);
  set("adopt", adopt);
  set("part", part);
  set("populate", populate);
  set("discard", discard);
  set("renew", renew);
  set("drop", drop);
  set("move", move);
  set("clear", clear);
  set("copy", copy);
  set("copyIn", copy_in);
  set("copyOut", copy_out);
  set("encode", encode);
  set("decode", decode);
  set("residentPages", resident);
  set("mappings", mappings);
  set("poll", poll);
  set("signal", signal);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace ebb
