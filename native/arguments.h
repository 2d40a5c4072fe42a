// What JavaScript gives to a function of the addon. Napi::CallbackInfo would do, but it asks for all that there is to
// know of a call, and each question takes a few nanoseconds: copying a block's bytes took 55 ns by it, and takes 33.
#pragma once

#include <napi.h>

#include <string>
#include <type_traits>

#include "os_pages.h"
#include "regions.h"

namespace ebb {

class Arguments {
 public:
  Arguments(napi_env env, const napi_value* values, Parts* parts) : parts(parts), env(env), values(values) {}

  Napi::Env Env() const { return env; }
  Napi::Value operator[](size_t index) const { return Napi::Value(env, values[index]); }

  // A whole number of `unit` bytes, from `least` to `most`.
  size_t multiple(size_t index, const char* name, size_t least, size_t most, size_t unit) const {
    double bytes = 0;
    if (napi_get_value_double(env, values[index], &bytes) != napi_ok)
      throw Napi::TypeError::New(env, std::string(name) + " must be a number");
    if (bytes >= static_cast<double>(least) && bytes <= static_cast<double>(most)) {
      const auto whole = static_cast<size_t>(bytes);
      if (static_cast<double>(whole) == bytes && (unit == 1 || whole % unit == 0)) return whole;
    }
    refuse(index, name, least, most, unit);
  }

  Region* region(size_t index = 0) const {
    double number = -1;
    napi_get_value_double(env, values[index], &number);
    if (number >= 0 && number <= UINT32_MAX && number == static_cast<uint32_t>(number)) {
      Region* found = parts->find(static_cast<uint32_t>(number));
      if (found != nullptr) return found;
    }
    throw Napi::TypeError::New(env, "region must be the id of one made by reserve() or adopt()");
  }

  struct Range {
    char* start;
    size_t byte_length;
  };

  // Two arguments: a range of whole `unit`s of a region.
  Range range(const Region* region, size_t at, size_t length_at, size_t unit) const {
    const size_t offset = multiple(at, "byteOffset", 0, region->byte_length - unit, unit);
    return {region->address + offset, multiple(length_at, "byteLength", unit, region->byte_length - offset, unit)};
  }

  Range pages(const Region* region, size_t at = 1, size_t length_at = 2) const {
    return range(region, at, length_at, os_page_size());
  }

  // The bytes of a Uint8Array. A view over memory that is gone has none.
  Range bytes(size_t index) const {
    napi_typedarray_type type = napi_int8_array;
    size_t length = 0;
    void* start = nullptr;
    const napi_status status = napi_get_typedarray_info(env, values[index], &type, &length, &start, nullptr, nullptr);
    if (status != napi_ok || type != napi_uint8_array) throw Napi::TypeError::New(env, "bytes must be a Uint8Array");
    return {static_cast<char*>(start), start == nullptr ? 0 : length};
  }

  Parts* const parts;

 private:
  [[noreturn]] void refuse(size_t index, const char* name, size_t least, size_t most, size_t unit) const {
    const std::string units = unit == os_page_size() ? "whole OS pages" : "a multiple of " + std::to_string(unit);
    const std::string bounds = std::to_string(least) + " to " + std::to_string(most);
    const std::string got = (*this)[index].ToString().Utf8Value();
    throw Napi::RangeError::New(env,
                                std::string(name) + " must be " + units + " from " + bounds + " bytes, got " + got);
  }

  const Napi::Env env;
  const napi_value* const values;
};

// A function of `count` arguments as Node-API calls it; those that are not given are undefined.
template <auto function, size_t count>
napi_value called(napi_env env, napi_callback_info info) {
  return Napi::details::WrapCallback(env, [&]() -> napi_value {
    napi_value values[count == 0 ? 1 : count];
    size_t given = count;
    void* parts = nullptr;
    napi_get_cb_info(env, info, &given, values, nullptr, &parts);
    const Arguments arguments(env, values, static_cast<Parts*>(parts));
    if constexpr (std::is_void_v<decltype(function(arguments))>) {
      function(arguments);
      return nullptr;
    } else {
      return function(arguments);
    }
  });
}

}  // namespace ebb
