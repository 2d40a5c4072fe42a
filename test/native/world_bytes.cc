// The calls that read and write bytes, and those that nobody should make.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "reference.h"
#include "system.h"
#include "world.h"

namespace driver {

using engine::kPage;

void World::clear() {
  const Range at = range(1);
  if (at.region == nullptr) return;
  if (!tried("clear", {realm->number(at.region->id), realm->number(at.offset), realm->number(at.length)}, at.is_valid))
    return;
  shadow.zero(at.start(), at.bytes());
  compare(*at.region->memory);
}

void World::copy() {
  const Range from = range(1);
  Region* target = any_region();
  if (from.region == nullptr || target == nullptr) return;
  const size_t room = target->length();
  const double to = input.number(static_cast<double>(input.below(256) * room / 256));
  const bool is_valid =
      from.is_valid && to >= 0 && std::fmod(to, 1) == 0 && from.length + to <= static_cast<double>(room);
  const std::string bytes = is_valid ? std::string(from.start(), from.bytes()) : "";
  if (!tried("copy",
             {realm->number(from.region->id), realm->number(from.offset), realm->number(from.length),
              realm->number(target->id), realm->number(to)},
             is_valid))
    return;
  shadow.write(target->at(static_cast<size_t>(to)), bytes.data(), bytes.size());
  compare(*target->memory);
}

void World::copy_in() {
  Region* region = any_region();
  if (region == nullptr) return;
  const napi_value buffer = realm->buffers.empty() || input.one_in(2) ? nullptr : realm->buffers[0];
  const napi_value bytes = array(buffer, input.byte() * 64);
  const double to = input.number(static_cast<double>(input.below(256) * region->length() / 256));
  const size_t length = bytes->buffer->store == nullptr ? 0 : bytes->length;
  const bool is_valid =
      to >= 0 && std::fmod(to, 1) == 0 && to + static_cast<double>(length) <= static_cast<double>(region->length());
  const std::string before(length == 0 ? "" : bytes->buffer->store->data + bytes->offset, length);
  if (!tried("copyIn", {realm->number(region->id), realm->number(to), bytes}, is_valid)) return;
  shadow.write(region->at(static_cast<size_t>(to)), before.data(), length);
  compare(*region->memory);
}

void World::copy_out() {
  Region* region = any_region();
  if (region == nullptr) return;
  const napi_value buffer = realm->buffers.empty() || input.one_in(2) ? nullptr : realm->buffers[0];
  const napi_value bytes = array(buffer, input.byte() * 64);
  const double from = input.number(static_cast<double>(input.below(256) * region->length() / 256));
  const size_t length = bytes->buffer->store == nullptr ? 0 : bytes->length;
  const bool is_valid = from >= 0 && std::fmod(from, 1) == 0 &&
                        from + static_cast<double>(length) <= static_cast<double>(region->length());
  const std::string before(is_valid ? region->at(static_cast<size_t>(from)) : "", is_valid ? length : 0);
  if (!tried("copyOut", {realm->number(region->id), realm->number(from), bytes}, is_valid) || length == 0) return;
  const char* into = bytes->buffer->store->data + bytes->offset;
  must(std::memcmp(into, before.data(), length) == 0, "copyOut gives what is there");
  shadow.write(into, before.data(), length);
}

void World::encode() {
  std::u16string text;
  for (size_t left = input.below(40); left > 0; left--) {
    const size_t times = 1 + (input.one_in(4) ? input.below(80) : 0);
    text.append(times, static_cast<char16_t>(input.byte() | (input.one_in(3) ? input.byte() << 8 : 0)));
  }
  napi_value buffer = nullptr;
  napi_create_arraybuffer(&realm->engine, text.size() * 3 - (input.one_in(8) && !text.empty() ? 1 : 0), nullptr,
                          &buffer);
  const size_t room = buffer->store->length;
  const std::vector<napi_value> arguments{realm->engine.string(text), realm->engine.array(buffer, 0, room)};
  if (!tried("encode", arguments, room / 3 >= text.size())) return;
  const std::optional<std::string> utf8 = utf8_of(text);
  must(result->number == (utf8 ? static_cast<double>(utf8->size()) : -1), "as many bytes as the text has in UTF-8");
  if (utf8) must(std::memcmp(buffer->store->data, utf8->data(), utf8->size()) == 0, "and just those");
}

// Bytes that are UTF-8 or nearly so: code points at the ends of what each length can say, and any bytes.
static std::string nearly_utf8(Input& input) {
  static const uint32_t kCodes[] = {0x7f,   0x80,   0x7ff,  0x800,   0xd7ff,   0xd800,
                                    0xdfff, 0xe000, 0xffff, 0x10000, 0x10ffff, 0x110000};
  std::string bytes;
  for (size_t left = input.below(40); left > 0; left--) {
    if (input.one_in(4)) {
      bytes += input.bytes(8);
      continue;
    }
    const uint32_t code = kCodes[input.below(sizeof kCodes / sizeof *kCodes)];
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    bytes.push_back(static_cast<char>(more == 0 ? code : (0xff00 >> (more + 1) & 0xff) | code >> (6 * more)));
    for (int rest = more - 1; rest >= 0; rest--) bytes.push_back(static_cast<char>(0x80 | (code >> (6 * rest) & 0x3f)));
    if (input.one_in(16)) bytes.pop_back();
  }
  return bytes;
}

void World::decode() {
  Range at = range(1);
  if (at.region == nullptr) return;
  const std::string bytes = nearly_utf8(input);
  if (at.is_valid && bytes.size() > 0 && bytes.size() <= at.bytes()) {
    std::memcpy(at.start(), bytes.data(), bytes.size());
    shadow.write(at.start(), bytes.data(), bytes.size());
    at.length = static_cast<double>(bytes.size());
  }
  if (!tried("decode", {realm->number(at.region->id), realm->number(at.offset), realm->number(at.length)}, at.is_valid))
    return;
  const std::optional<std::u16string> text = utf16_of(std::string(at.start(), at.bytes()));
  must((result->type == napi_string) == text.has_value(), "a text where the bytes are UTF-8");
  if (text) must(result->text == *text, "and just that");
}

void World::resident() {
  const Range at = range(kPage);
  if (at.region == nullptr) return;
  if (!tried("residentPages", {realm->number(at.region->id), realm->number(at.offset), realm->number(at.length)},
             at.is_valid))
    return;
  must(result->length == at.bytes() / kPage, "a byte for each page");
  for (size_t page = 0; page < result->length; page++)
    must(static_cast<uint8_t>(result->buffer->store->data[page]) <= 1, "resident or not");
}

napi_value World::any_value() {
  auto& engine = realm->engine;
  const napi_value value = engine.make(napi_boolean);
  switch (input.below(12)) {
    case 0: return engine.make(napi_undefined);
    case 1: return engine.make(napi_null);
    case 2: return value;
    case 3: return engine.make(napi_symbol);
    case 4: return engine.make(napi_bigint);
    case 5: return engine.make(napi_object);
    case 6: return engine.string(u"0");
    case 7: return engine.global;
    case 8: return array(nullptr, 300);
    case 9: return realm->buffers.empty() ? engine.number(1) : array(realm->buffers[0], 300);
    case 10: return realm->regions.empty() ? engine.number(1) : realm->regions[0].object;
    default: return engine.number(input.number(static_cast<double>(input.below(8))));
  }
}

// Any arguments at all: the addon refuses or does something within its regions.
void World::nonsense() {
  static const char* const kNames[] = {"adopt",  "part",   "discard",       "renew",    "drop",
                                       "move",   "clear",  "copy",          "copyIn",   "copyOut",
                                       "encode", "decode", "residentPages", "mappings", "probe"};
  std::vector<napi_value> arguments;
  for (size_t left = input.below(8); left > 0; left--) arguments.push_back(any_value());
  realm->call(kNames[input.below(sizeof kNames / sizeof *kNames)], arguments);
  refused_before = refusals();
  shadow.accept();
}

static napi_value count_callback(napi_env env, napi_callback_info info) {
  auto* realm = static_cast<Realm*>(info->data);
  if (++realm->callbacks % 3 == 0) env->exception = env->make(napi_object);
  return nullptr;
}

// Waiting for descriptors: a signal is heard once, and nothing is heard after its end.
void World::wait() {
  auto& engine = realm->engine;
  const size_t choice = input.below(8);
  if (choice < 3) {
    const napi_value callback = engine.make(napi_function);
    callback->callback = count_callback;
    callback->callback_data = realm;
    if (choice == 0 && !realm->signals.empty()) {
      const napi_value is_priority = engine.make(napi_boolean);
      is_priority->boolean = input.one_in(2);
      if (!tried("poll", {realm->number(realm->signals[0]), is_priority, callback}, true)) return;
      realm->root(result);
      realm->closers.push_back(result);
      return;
    }
    if (choice == 1) {
      must(realm->call("poll", {realm->number(-1), engine.make(napi_undefined), callback}) == nullptr, "no descriptor");
      must(realm->call("signal", {any_value()}) == nullptr, "no function");
      return;
    }
    if (realm->signals.size() > 20 || !tried("signal", {callback}, true)) return;
    must(result->is_object(), "there is an event loop");
    const napi_value close = result->properties["close"];
    realm->signals.push_back(::dup(static_cast<int>(result->properties["fd"]->number)));
    realm->root(close);
    realm->closers.push_back(close);
  } else if (choice < 6 && !realm->signals.empty()) {
    eventfd_write(realm->signals[input.below(realm->signals.size())], 1);
    if (input.one_in(2)) engine.turn();
  } else if (!realm->closers.empty()) {
    const napi_value close = realm->closers[input.below(realm->closers.size())];
    must(engine.call(close, {}) != nullptr, "what ends it can be called at any time");
    const uint32_t heard = realm->callbacks;
    if (realm->closers.size() == 1 && !realm->is_heard_for_good) {
      for (const int fd : realm->signals) eventfd_write(fd, 1);
      engine.turn();
      must(realm->callbacks == heard, "nobody listens any more");
    }
  }
  shadow.accept();
}

}  // namespace driver
