#include "realm.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports);

namespace driver {

void fail(const std::string& why) {
  std::fprintf(stderr, "the addon does not do what it must: %s\n", why.c_str());
  std::abort();
}

static std::string text_of(napi_value error, const char* name) {
  const auto found = error->properties.find(name);
  if (found == error->properties.end() || found->second->type != napi_string) return "";
  return {found->second->text.begin(), found->second->text.end()};
}

Realm::Realm(Shadow& shadow) : shadow(shadow) {
  engine.before_finalizer = [this](const engine::External& external) {
    if (external.length >= engine::kPage) part_ends(external.hint);  // not the guard of Parts, a byte
  };
  engine.global->properties["ebb"] = napi_register_module_v1(&engine, engine.make(napi_object));
  engine.handles.clear();
}

Realm::~Realm() {
  engine.end();
  for (const int fd : signals) close(fd);
}

napi_value Realm::call(const char* name, std::vector<napi_value> arguments) {
  const napi_value function = engine.global->properties["ebb"]->properties[name];
  const napi_value result = engine.call(function, std::move(arguments));
  if (result != nullptr) return result;
  must(engine.exception->is_object(), "what is thrown is an Error");
  thrown = {text_of(engine.exception, "message"), text_of(engine.exception, "code")};
  must(!thrown.message.empty(), "an Error has a message");
  if (!thrown.code.empty()) {
    must(thrown.code == "ENOMEM" && !text_of(engine.exception, "syscall").empty(),
         "an error of the system names the call");
    must(engine.exception->properties["errno"]->number == -12, "and its errno");
  }
  engine.exception = nullptr;
  return nullptr;
}

void Realm::add_region(napi_value object) {
  const napi_value buffer = object->properties["buffer"];
  root(object);
  engine::Store& store = *buffer->store;
  regions.push_back({object, object->properties["id"]->number, shadow.memory(store.data, store.length)});
}

void Realm::forget_region(size_t index) {
  unroot(regions[index].object);
  regions.erase(regions.begin() + static_cast<long>(index));
}

void Realm::add_buffer(napi_value buffer) {
  root(buffer);
  buffers.push_back(buffer);
}

void Realm::add_part(napi_value buffer, const Region& region, size_t offset, size_t length, const Region& holder,
                     size_t hold) {
  add_buffer(buffer);
  parts[engine.hint_of(buffer)] = {region.memory, holder.memory, region.at(offset), length, holder.at(hold)};
  shadow.add(holder.at(hold), 1);
}

// What Parts does then: one hold less, and the last one discards.
void Realm::part_ends(void* hint) {
  const auto found = parts.find(hint);
  if (found == parts.end()) {
    is_unsure = true;
    return;
  }
  const Part& part = found->second;
  if (shadow.add(part.hold, ~0u) == 0) shadow.zero(part.start, part.length);
  parts.erase(found);
}

}  // namespace driver
