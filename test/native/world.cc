#include "world.h"

#include <algorithm>
#include <cmath>

#include "system.h"

namespace driver {

using engine::kPage;
constexpr size_t kMostPages = 8;

World::World(Input& input) : input(input) {}

void World::run() {
  refuse(0, 0);
  refused_before = refusals();
  for (int i = 0; i < 400 && !input.is_empty(); i++) step();
  leave_nothing();
}

void World::step() {
  auto& chosen = realms[input.below(8) / 3];
  if (chosen == nullptr) chosen = std::make_unique<Realm>(shadow);
  realm = chosen.get();
  realm->engine.handles.clear();
  switch (input.below(32)) {
    case 0: return reserve();
    case 1: return adopt();
    case 2:
    case 3:
    case 4:
    case 5: return part();
    case 6:
    case 7: return discard("discard");
    case 8: return discard("renew");
    case 9: return drop();
    case 10:
    case 11: return move();
    case 12: return clear();
    case 13: return copy();
    case 14: return copy_in();
    case 15: return copy_out();
    case 16: return encode();
    case 17: return decode();
    case 18: return resident();
    case 19: return nonsense();
    case 20: return wait();
    case 21:
    case 22: return lose();
    case 23:
    case 24: return hand_over();
    case 25: return end_realm(input.one_in(2));
    case 26: return refuse(1 + static_cast<int>(input.below(6)), 1 + static_cast<int>(input.below(4)));
    case 27: realm->engine.refusal = static_cast<engine::Refusal>(input.below(4)); return;
    case 28: realm->engine.collects_inside = input.one_in(2); return;
    case 29: realm->engine.collect(); return;
    default:
      realm->engine.collect();
      realm->engine.turn();
      settle();
      touch();
  }
}

bool World::tried(const char* name, std::vector<napi_value> arguments, bool is_valid) {
  result = realm->call(name, std::move(arguments));
  const bool is_refused = refusals() != refused_before;
  settle();
  if (result == nullptr && is_valid && is_refused && realm->thrown.code == "ENOMEM") return false;
  if ((result != nullptr) != is_valid)
    fail(std::string(name) + (is_valid ? " threw " + realm->thrown.message : " took it"));
  return is_valid;
}

// Finalizers that ran meanwhile may have been refused their discard, and go on without it.
void World::settle() {
  was_accepted = refusals() != refused_before || realm->is_unsure;
  if (was_accepted) shadow.accept();
  realm->is_unsure = false;
  refused_before = refusals();
}

Region* World::any_region() {
  if (realm->regions.empty()) reserve();
  return realm->regions.empty() ? nullptr : &realm->regions[input.below(realm->regions.size())];
}

World::Range World::range(size_t unit) {
  Region* region = any_region();
  if (region == nullptr) return {};
  const size_t units = region->length() / unit, first = input.below(units);
  const size_t most_units = input.one_in(8) ? units + 1 : units - first;  // behind the end, now and then
  Range made{region, input.number(static_cast<double>(first * unit)),
             input.number(static_cast<double>((1 + input.below(most_units)) * unit)), false};
  const auto is_whole = [&](double number) { return std::fmod(number, static_cast<double>(unit)) == 0; };
  const auto most = static_cast<double>(region->length());
  made.is_valid = made.offset >= 0 && is_whole(made.offset) && made.length >= static_cast<double>(unit) &&
                  is_whole(made.length) && made.length <= most && made.offset + made.length <= most;
  return made;
}

// A Uint8Array over a buffer, or over one of its own.
napi_value World::array(napi_value buffer, size_t most) {
  if (buffer == nullptr) {
    napi_create_arraybuffer(&realm->engine, input.below(most + 1), nullptr, &buffer);
    for (size_t i = 0; i < buffer->store->length; i++) buffer->store->data[i] = static_cast<char>(input.byte());
  }
  const size_t length = buffer->byte_length(), offset = input.below(length + 1);
  return realm->engine.array(buffer, offset, std::min(most, input.below(length - offset + 1)));
}

void World::reserve() {
  const auto length = static_cast<double>((2 + input.below(kMostPages - 1)) * kPage);
  const double asked = input.number(length);
  const bool is_valid = asked >= kPage && asked <= 9007199254740991.0 && std::fmod(asked, kPage) == 0;
  const bool is_shared = input.one_in(2);
  auto& engine = realm->engine;
  if (!is_shared && engine.refusal != engine::Refusal::none) return;  // the space falls: nobody goes on then
  const napi_value flag = engine.make(napi_boolean);
  flag->boolean = is_shared;
  if (is_valid && asked > 1 << 20) {  // more than there is
    must(realm->call("reserve", {realm->number(asked), flag}) == nullptr && realm->thrown.code == "ENOMEM", "ENOMEM");
    return;
  }
  if (!tried("reserve", {realm->number(asked), flag}, is_valid)) return;
  realm->add_region(result);
  for (const uint8_t byte : realm->regions.back().memory->bytes) must(byte == 0, "what is reserved reads zero");
}

void World::adopt() {
  const size_t length = (2 + input.below(kMostPages - 1)) * kPage;
  const bool is_shared = !input.one_in(8), is_page = !input.one_in(8);
  const napi_value buffer = realm->engine.buffer(engine::make_pages(length, is_shared));
  const size_t offset = is_page ? 0 : input.below(length), taken = length - offset - (input.one_in(8) ? 1 : 0);
  const bool is_valid = is_shared && offset == 0 && taken % kPage == 0;
  if (!tried("adopt", {realm->engine.array(buffer, offset, taken)}, is_valid)) return;
  realm->add_region(result);
  if (input.one_in(2)) realm->add_buffer(buffer);
}

void World::part() {
  const Range range = this->range(kPage);
  Region* holder = any_region();
  if (range.region == nullptr || holder == nullptr) return;
  const Region region = *range.region, held_in = *holder;  // copies: finalizers may run
  // Few words, so that parts share holds.
  const size_t word = input.one_in(4) ? input.byte() : input.below(3);
  const double hold = input.number(static_cast<double>(word * 4));
  const bool is_valid = range.is_valid && range.offset > 0 && hold >= 0 && std::fmod(hold, 4) == 0 &&
                        hold < static_cast<double>(held_in.length());
  auto& engine = realm->engine;
  const std::vector<napi_value> arguments{realm->number(region.id), realm->number(range.offset),
                                          realm->number(range.length), realm->number(held_in.id), realm->number(hold)};
  if (is_valid && engine.refusal != engine::Refusal::none) {
    must(realm->call("part", arguments) == nullptr, "a part that the engine refuses throws");
    // One hold more, and one less again, which is no longer to be known once others end in between.
    refused_before = refusals();
    return shadow.accept();
  }
  if (!tried("part", arguments, is_valid)) return;
  const auto offset = static_cast<size_t>(range.offset), length = static_cast<size_t>(range.length);
  must(result->store->data == region.at(offset) && result->store->length == length, "a part is over its pages");
  realm->add_part(result, region, offset, length, held_in, static_cast<size_t>(hold));
  const uint8_t byte = input.byte();
  result->store->data[length - 1] = static_cast<char>(byte);
  shadow.write(region.at(offset + length - 1), &byte, 1);
  // What was accepted has the hold already; and which came first, it or finalizers, is not to be known.
  if (was_accepted || engine.collects_inside) shadow.accept();
}

void World::discard(const char* name) {
  const Range at = range(kPage);
  if (at.region == nullptr) return;
  if (!tried(name, {realm->number(at.region->id), realm->number(at.offset), realm->number(at.length)}, at.is_valid))
    return;
  shadow.zero(at.start(), at.bytes());
  compare(*at.region->memory);
}

void World::drop() {
  Region* region = any_region();
  if (region == nullptr) return;
  const int before = refusals();
  if (!tried("drop", {realm->number(region->id)}, true)) return;
  if (refusals() == before) shadow.zero(region->at(0), region->length());
  compare(*region->memory);
}

void World::move() {
  const Range from = range(kPage), to = range(kPage);
  if (from.region == nullptr || to.region == nullptr) return;
  const bool are_apart = from.is_valid && to.is_valid &&
                         (from.start() + from.bytes() <= to.start() || to.start() + to.bytes() <= from.start());
  const bool is_valid = are_apart && to.length >= from.length;
  const std::string bytes = is_valid ? std::string(from.start(), from.bytes()) : "";
  if (!tried("move",
             {realm->number(from.region->id), realm->number(from.offset), realm->number(from.length),
              realm->number(to.region->id), realm->number(to.offset), realm->number(to.length)},
             is_valid))
    return;
  if (result->boolean) {
    shadow.zero(from.start(), from.bytes());
    shadow.zero(to.start(), to.bytes());
    shadow.write(to.start(), bytes.data(), bytes.size());
  }
  compare(*from.region->memory);
  compare(*to.region->memory);
}

void World::compare(const Memory& memory) {
  must(std::memcmp(memory.start, memory.bytes.data(), memory.bytes.size()) == 0, "every byte is what it should be");
}

// What anybody can reach must be there.
void World::touch() {
  for (const auto& each : realms) {
    if (each == nullptr) continue;
    for (const Region& region : each->regions) compare(*region.memory);
    for (const napi_value buffer : each->buffers) {
      for (size_t at = 0; at < buffer->byte_length(); at += kPage)
        *const_cast<volatile char*>(buffer->store->data + at) = buffer->store->data[at];
    }
  }
}

void World::lose() {
  const size_t choice = input.below(realm->regions.size() + realm->buffers.size() + realm->closers.size());
  size_t at = choice;
  if (at < realm->regions.size()) return realm->forget_region(at);
  at -= realm->regions.size();
  if (at < realm->buffers.size()) {
    realm->unroot(realm->buffers[at]);
    realm->buffers.erase(realm->buffers.begin() + static_cast<long>(at));
    return;
  }
  at -= realm->buffers.size();
  if (at < realm->closers.size()) {
    realm->is_heard_for_good = true;
    realm->unroot(realm->closers[at]);
    realm->closers.erase(realm->closers.begin() + static_cast<long>(at));
  }
}

// Memory goes to another buffer, here or elsewhere; shared memory goes to a second one.
void World::hand_over() {
  if (realm->buffers.empty()) return;
  const napi_value buffer = realm->buffers[input.below(realm->buffers.size())];
  if (buffer->store == nullptr) return;
  auto& target = realms[input.below(3)];
  Realm* other = input.one_in(2) && target != nullptr ? target.get() : realm;
  // Where the engine maps the pages, its buffers over foreign memory cannot leave their thread.
  if (!buffer->is_shared && !is_mapped(buffer->store->data, buffer->store->length)) other = realm;
  if (!buffer->is_shared) may_strand = true;
  other->add_buffer(other->engine.buffer(buffer->store));
  if (!buffer->is_shared) buffer->store.reset();
  other->engine.handles.clear();
}

void World::end_realm(bool collects) {
  may_strand |= !collects;
  if (collects) {
    realm->engine.collect();
    realm->engine.turn();
    settle();
    touch();
  }
  for (auto& each : realms) {
    if (each.get() != realm) continue;
    each.reset();
    realm = nullptr;
  }
  if (refusals() != refused_before) shadow.accept();
  refused_before = refusals();
  touch();
}

void World::leave_nothing() {
  for (auto& each : realms) {
    realm = each.get();
    if (realm != nullptr) end_realm(true);
  }
  refuse(0, 0);
  // What could not be unmapped then is unmapped with the next region that goes.
  realms[0] = std::make_unique<Realm>(shadow);
  realm = realms[0].get();
  const napi_value counts = realm->call("mappings", {});
  const auto count = [&](const char* name) { return counts->properties[name]->number; };
  must(count("maps") == count("unmaps") && count("mappedBytes") == 0, "no region is left");
  const napi_value flag = realm->engine.make(napi_boolean);
  must(realm->call("reserve", {realm->number(kPage), flag}) != nullptr, "there is memory again");
  end_realm(true);
  must(unmap_all() == 0 || may_strand, "no page is left mapped");
}

}  // namespace driver
