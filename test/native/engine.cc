#include "engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace engine {

std::shared_ptr<Store> make_pages(size_t length, bool is_shared) {
  auto store = std::make_shared<Store>();
  store->data = static_cast<char*>(std::aligned_alloc(kPage, length));
  if (store->data == nullptr) std::abort();
  std::memset(store->data, 0, length);
  store->length = length;
  store->is_shared = is_shared;
  store->on_free = [data = store->data] { std::free(data); };
  return store;
}

}  // namespace engine

napi_env__::napi_env__() : loop(new_loop()) { global = make(napi_object); }

napi_env__::~napi_env__() {
  if (!is_ending) end();
  delete_loop(loop);
}

napi_value napi_env__::make(napi_valuetype type) {
  auto* value = new napi_value__();
  value->type = type;
  values.push_back(value);
  handles.push_back(value);
  return value;
}

napi_value napi_env__::number(double value) {
  const napi_value made = make(napi_number);
  made->number = value;
  return made;
}

napi_value napi_env__::string(const std::u16string& text) {
  const napi_value made = make(napi_string);
  made->text = text;
  return made;
}

napi_value napi_env__::buffer(std::shared_ptr<engine::Store> store) {
  const napi_value made = make(napi_object);
  made->is_buffer = true;
  made->is_shared = store->is_shared;
  made->store = std::move(store);
  return made;
}

napi_value napi_env__::array(napi_value buffer, size_t offset, size_t length, napi_typedarray_type type) {
  const napi_value made = make(napi_object);
  made->buffer = buffer;
  made->offset = offset;
  made->length = length;
  made->array_type = type;
  return made;
}

napi_value napi_env__::external(void* data, size_t length, napi_finalize finalizer, void* hint) {
  using engine::Refusal;
  if (collects_inside) {
    collect();
    run_tasks();
  }
  const Refusal how = std::exchange(refusal, Refusal::none);
  if (how == Refusal::finalizes_inside) finalizer(this, data, hint);
  if (how == Refusal::finalizes_later) post([=] { finalizer(this, data, hint); });
  if (how != Refusal::none) return nullptr;
  auto store = std::make_shared<engine::Store>();
  store->data = static_cast<char*>(data);
  store->length = length;
  const napi_value made = buffer(store);
  auto external = std::make_shared<engine::External>();
  external->env = this;
  external->data = data;
  external->length = length;
  external->finalize = finalizer;
  external->hint = hint;
  external->buffer = made;
  externals.push_back(external);
  store->on_free = [external] {
    const std::lock_guard<std::mutex> lock(external->mutex);
    if (external->finalize != nullptr) external->env->post([external] { external->env->finalize(external); });
  };
  return made;
}

void* napi_env__::hint_of(napi_value buffer) const {
  for (const auto& external : externals)
    if (external->buffer == buffer) return external->hint;
  return nullptr;
}

// Once, whoever comes first: the end of its memory, or that of the environment.
void napi_env__::finalize(const std::shared_ptr<engine::External>& external) {
  napi_finalize finalizer;
  {
    const std::lock_guard<std::mutex> lock(external->mutex);
    finalizer = std::exchange(external->finalize, nullptr);
  }
  if (finalizer == nullptr) return;
  externals.remove(external);
  if (before_finalizer) before_finalizer(*external);
  finalizer(this, external->data, external->hint);
}

napi_value napi_env__::call(napi_value function, std::vector<napi_value> arguments) {
  const size_t open = handles.size();
  handles.insert(handles.end(), arguments.begin(), arguments.end());
  napi_callback_info__ info{std::move(arguments), global, function->callback_data};
  exception = nullptr;
  napi_value result = function->callback(this, &info);
  if (result == nullptr) result = make(napi_undefined);
  handles.resize(open);
  handles.push_back(exception != nullptr ? exception : result);  // until the next call that begins where this began
  return exception != nullptr ? nullptr : result;
}

void napi_env__::mark(napi_value value) {
  if (value == nullptr || value->is_marked) return;
  value->is_marked = true;
  mark(value->buffer);
  for (const auto& [name, property] : value->properties) mark(property);
}

void napi_env__::collect() {
  mark(global);
  mark(exception);
  for (const napi_value value : roots) mark(value);
  for (const napi_value value : handles) mark(value);
  for (const napi_ref reference : references)
    if (reference->count > 0) mark(reference->value);
  sweep();
}

// References and externals forget the dead before any finalizer runs; finalizers run later.
void napi_env__::sweep() {
  for (const napi_ref reference : references)
    if (reference->value != nullptr && !reference->value->is_marked) reference->value = nullptr;
  for (const auto& external : externals)
    if (external->buffer != nullptr && !external->buffer->is_marked) external->buffer = nullptr;
  std::vector<napi_value> dead;
  for (auto next = values.begin(); next != values.end();) {
    const napi_value value = *next;
    if (value->is_marked) {
      value->is_marked = false;
      ++next;
      continue;
    }
    dead.push_back(value);
    next = values.erase(next);
  }
  for (const napi_value value : dead) {
    for (const auto& finalizer : value->finalizers) post([=] { finalizer.call(this, finalizer.data, finalizer.hint); });
    delete value;
  }
}

void napi_env__::post(std::function<void()> task) {
  const std::lock_guard<std::mutex> lock(mutex);
  tasks.push_back(std::move(task));
}

void napi_env__::run_tasks() {
  std::deque<std::function<void()>> now;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    now.swap(tasks);
  }
  const size_t open = handles.size();
  for (const auto& task : now) {
    task();
    handles.resize(open);
  }
}

void napi_env__::turn() {
  run_tasks();
  const size_t open = handles.size();
  turn_loop(loop);
  handles.resize(open);
}

void napi_env__::end() {
  is_ending = true;
  handles.clear();
  for (const auto& hook : async_hooks) hook->call(hook, hook->data);
  while (!async_hooks.empty()) turn_loop(loop);
  // Node's cleanup hooks: each external buffer has one, so they come in turn with those of the addon.
  while (!externals.empty()) {
    const auto external = externals.back();
    if (external->buffer != nullptr) external->buffer->store.reset();
    finalize(external);
    handles.clear();
  }
  for (auto hook = hooks.rbegin(); hook != hooks.rend(); ++hook) hook->first(hook->second);
  // All other finalizers, those of the instance last.
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    for (const auto& finalizer : std::exchange((*value)->finalizers, {}))
      finalizer.call(this, finalizer.data, finalizer.hint);
  }
  run_tasks();
  if (instance.call != nullptr) instance.call(this, instance.data, instance.hint);
  for (const napi_ref reference : references) delete reference;
  for (const napi_value value : values) delete value;
  values.clear();
  run_tasks();
}
