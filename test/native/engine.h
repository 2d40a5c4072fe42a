// A small JavaScript engine with just as much of Node-API as the addon uses, so that its C++ can be driven without V8:
// fast, every byte seen by a sanitizer, and with the moments chosen by the driver at which an engine collects garbage,
// runs finalizers, ends. What happens in which order is Node's way (node_buffer.cc, node_api.cc). An environment
// belongs to one thread.
#pragma once

#include <node_api.h>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace engine {

// Memory under buffers. Buffers of several environments may have it; who lets go of it last frees it, on whatever
// thread.
struct Store {
  char* data = nullptr;
  size_t length = 0;
  bool is_shared = false;
  std::function<void()> on_free;
  ~Store() {
    if (on_free) on_free();
  }
};

// External memory of an environment: its finalizer runs once, on the thread of the environment.
struct External {
  napi_env env;
  void* data;
  size_t length;
  napi_finalize finalize;
  void* hint;
  napi_value buffer;  // as it was made; null once it is collected
  std::mutex mutex;   // of `finalize`
};

struct Finalizer {
  napi_finalize call;
  void* data;
  void* hint;
};

// How the next external ArrayBuffer is refused.
enum class Refusal { none, not_allowed, finalizes_inside, finalizes_later };

constexpr size_t kPage = 4096;

// Zeroed pages of the engine's own.
std::shared_ptr<Store> make_pages(size_t length, bool is_shared);

}  // namespace engine

struct napi_value__ {
  napi_valuetype type = napi_undefined;
  bool boolean = false;
  double number = 0;
  std::u16string text;
  std::map<std::string, napi_value> properties;
  // Buffers have a store, unless they are detached; typed arrays have a buffer.
  bool is_buffer = false, is_shared = false;
  std::shared_ptr<engine::Store> store;
  napi_value buffer = nullptr;
  napi_typedarray_type array_type = napi_uint8_array;
  size_t offset = 0, length = 0;
  napi_callback callback = nullptr;
  void* callback_data = nullptr;
  std::vector<engine::Finalizer> finalizers;
  bool is_marked = false;

  bool is_object() const { return type == napi_object || type == napi_function; }
  size_t byte_length() const { return store ? store->length : 0; }
};

struct napi_ref__ {
  napi_value value;
  uint32_t count;
};

struct napi_callback_info__ {
  std::vector<napi_value> arguments;
  napi_value self;
  void* data;
};

struct napi_async_cleanup_hook_handle__ {
  napi_env env;
  napi_async_cleanup_hook call;
  void* data;
};

struct napi_env__ {
  napi_env__();
  ~napi_env__();
  napi_env__(const napi_env__&) = delete;

  // Values. What nobody can reach is taken by collect().
  napi_value make(napi_valuetype type);
  napi_value number(double value);
  napi_value string(const std::u16string& text);
  napi_value buffer(std::shared_ptr<engine::Store> store);
  napi_value array(napi_value buffer, size_t offset, size_t length, napi_typedarray_type type = napi_uint8_array);
  // An ArrayBuffer over memory of the caller's; null where it was refused.
  napi_value external(void* data, size_t length, napi_finalize finalize, void* hint);

  // Calls a function; null: it threw, and `exception` is what.
  napi_value call(napi_value function, std::vector<napi_value> arguments);

  // Takes all that cannot be reached from `roots`, `global`, strong references and open handles.
  void collect();
  // What finalizers there are run, and what other threads sent; then the event loop turns once.
  void turn();
  void post(std::function<void()> task);  // from any thread
  // JavaScript stops, external buffers are detached and finalized, those made last first, then all else.
  void end();

  napi_value global;
  napi_value exception = nullptr;
  std::list<napi_value> roots;
  std::vector<napi_value> handles;
  std::list<napi_ref> references;
  std::list<std::shared_ptr<engine::External>> externals;
  std::vector<std::pair<void (*)(void*), void*>> hooks;
  std::list<napi_async_cleanup_hook_handle> async_hooks;
  engine::Finalizer instance{nullptr, nullptr, nullptr};
  uv_loop_s* loop;
  bool is_ending = false;
  napi_extended_error_info last_error{};

  // For the driver.
  engine::Refusal refusal = engine::Refusal::none;
  bool collects_inside = false;            // of calls that make a buffer, and finalizes there too
  void* hint_of(napi_value buffer) const;  // of an external buffer as it was made
  std::function<void(const engine::External&)> before_finalizer;

 private:
  void mark(napi_value value);
  void sweep();
  void finalize(const std::shared_ptr<engine::External>& external);
  void run_tasks();

  std::list<napi_value> values;
  std::mutex mutex;  // of `tasks`
  std::deque<std::function<void()>> tasks;
};

// The event loop of uv.cc.
uv_loop_s* new_loop();
bool turn_loop(uv_loop_s* loop);  // false: nothing is left in it
void delete_loop(uv_loop_s* loop);
