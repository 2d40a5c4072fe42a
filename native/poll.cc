#include "poll.h"

#if defined(__linux__)

#include <dlfcn.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace ebb {

// What is used of libuv, as its version 1 promises it.
struct Uv {
  using Close = void (*)(void* handle);
  using Ready = void (*)(void* handle, int status, int events);
  static constexpr int kPoll = 8;  // uv_handle_type
  static constexpr int kReadable = 1, kPrioritized = 8;

  size_t (*handle_size)(int type) = nullptr;
  int (*poll_init)(uv_loop_s*, void* handle, int fd) = nullptr;
  int (*poll_start)(void* handle, int events, Ready) = nullptr;
  void (*close)(void* handle, Close) = nullptr;
  void (*unref)(void* handle) = nullptr;
  void (*set_data)(void* handle, void* data) = nullptr;
  void* (*get_data)(const void* handle) = nullptr;

  template <typename Function>
  static bool find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
    return *function != nullptr;
  }
  const bool is_there = find("uv_handle_size", &handle_size) && find("uv_poll_init", &poll_init) &&
                        find("uv_poll_start", &poll_start) && find("uv_close", &close) && find("uv_unref", &unref) &&
                        find("uv_handle_set_data", &set_data) && find("uv_handle_get_data", &get_data);
};

static const Uv uv{};

// Lives until its handle is closed, and for as long as JavaScript has what ends it.
class Poll : public std::enable_shared_from_this<Poll> {
 public:
  Poll(Napi::Function function, int fd, bool is_priority, bool is_ours)
      : env(function.Env()), callback(Napi::Persistent(function)), fd(fd), is_priority(is_priority), is_ours(is_ours) {}

  ~Poll() { close_fd(); }

  // 0, or the error of libuv, which is a negative errno.
  int start() {
    uv_loop_s* loop = nullptr;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok || loop == nullptr) return -ENOSYS;
    handle = std::calloc(1, uv.handle_size(Uv::kPoll));
    if (handle == nullptr) return -ENOMEM;
    if (const int error = uv.poll_init(loop, handle, fd)) {
      std::free(handle);
      return error;
    }
    uv.set_data(handle, this);
    self = shared_from_this();
    napi_add_async_cleanup_hook(env, on_exit, this, &hook);
    uv.unref(handle);
    const int error = uv.poll_start(handle, is_priority ? Uv::kPrioritized : Uv::kReadable, on_ready);
    if (error != 0) close();
    return error;
  }

  void close() {
    if (is_closing) return;
    is_closing = true;
    callback.Reset();
    uv.close(handle, on_closed);  // the loop has done with the descriptor
    close_fd();
  }

 private:
  void close_fd() {
    if (is_ours && fd >= 0) ::close(fd);
    fd = -1;
  }

  static void on_ready(void* handle, int, int) {
    auto* poll = static_cast<Poll*>(uv.get_data(handle));
    char dropped[512];
    if (!poll->is_priority && ::read(poll->fd, dropped, sizeof dropped) == 0) return poll->close();  // nobody writes
    const Napi::HandleScope scope(poll->env);
    try {
      poll->callback.MakeCallback(poll->env.Global(), {});
    } catch (const Napi::Error& error) {
      napi_fatal_exception(poll->env, error.Value());
    }
  }

  static void on_closed(void* handle) {
    auto* poll = static_cast<Poll*>(uv.get_data(handle));
    std::free(handle);
    if (poll->hook != nullptr) napi_remove_async_cleanup_hook(poll->hook);
    poll->self.reset();
  }

  // The environment ends, and waits until the hook is removed.
  static void on_exit(napi_async_cleanup_hook_handle, void* poll) { static_cast<Poll*>(poll)->close(); }

  Napi::Env env;
  Napi::FunctionReference callback;
  int fd;
  const bool is_priority, is_ours;
  bool is_closing = false;
  void* handle = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  std::shared_ptr<Poll> self;
};

static Napi::Value start(Napi::Env env, std::shared_ptr<Poll> poll) {
  const int error = poll->start();
  if (error == 0)
    return Napi::Function::New(
        env, [poll](const Napi::CallbackInfo&) { poll->close(); }, "close");
  Napi::Error refusal = Napi::Error::New(env, "this descriptor cannot be waited for, uv_poll");
  refusal.Set("errno", static_cast<double>(error));
  refusal.Set("syscall", "uv_poll");
  throw refusal;
}

Napi::Value poll(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber() || !info[2].IsFunction())
    throw Napi::TypeError::New(env, "poll takes fd, isPriority, callback");
  if (!uv.is_there) return env.Undefined();
  const int fd = info[0].As<Napi::Number>().Int32Value();
  return start(env, std::make_shared<Poll>(info[2].As<Napi::Function>(), fd, info[1].ToBoolean(), false));
}

Napi::Value signal(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsFunction()) throw Napi::TypeError::New(env, "signal takes a callback");
  const int fd = uv.is_there ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
  if (fd < 0) return env.Undefined();
  auto object = Napi::Object::New(env);
  object.Set("close", start(env, std::make_shared<Poll>(info[0].As<Napi::Function>(), fd, false, true)));
  object.Set("fd", fd);
  return object;
}

}  // namespace ebb

#else

namespace ebb {

Napi::Value poll(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }
Napi::Value signal(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }

}  // namespace ebb

#endif
