// The functions of libuv that poll.cc looks up by name, over poll(2).
#include <sys/poll.h>

#include <cerrno>
#include <list>

#include "engine.h"

namespace {

using Close = void (*)(void*);
using Ready = void (*)(void*, int, int);
constexpr int kPrioritized = 8;

struct Handle {
  uv_loop_s* loop;
  void* data;
  int fd, events;
  Ready ready;
  Close closed;
  bool is_closing;
};

}  // namespace

struct uv_loop_s {
  std::list<Handle*> handles;
};

uv_loop_s* new_loop() { return new uv_loop_s(); }
void delete_loop(uv_loop_s* loop) { delete loop; }

bool turn_loop(uv_loop_s* loop) {
  for (Handle* handle : std::list<Handle*>(loop->handles)) {
    pollfd asked{handle->fd, static_cast<short>(handle->events & kPrioritized ? POLLPRI : POLLIN), 0};
    if (!handle->is_closing && handle->ready != nullptr && poll(&asked, 1, 0) == 1)
      handle->ready(handle, 0, handle->events);
  }
  for (Handle* handle : std::list<Handle*>(loop->handles)) {
    if (!handle->is_closing) continue;
    loop->handles.remove(handle);
    handle->closed(handle);
  }
  return !loop->handles.empty();
}

extern "C" {

size_t uv_handle_size(int) { return sizeof(Handle); }
int uv_poll_init(uv_loop_s* loop, void* memory, int fd) {
  pollfd asked{fd, POLLIN, 0};
  if (fd < 0 || poll(&asked, 1, 0) < 0 || (asked.revents & POLLNVAL) != 0) return -EBADF;
  auto* handle = static_cast<Handle*>(memory);
  *handle = {loop, nullptr, fd, 0, nullptr, nullptr, false};
  loop->handles.push_back(handle);
  return 0;
}
int uv_poll_start(void* handle, int events, Ready ready) {
  static_cast<Handle*>(handle)->events = events;
  static_cast<Handle*>(handle)->ready = ready;
  return 0;
}
void uv_close(void* handle, Close closed) {
  static_cast<Handle*>(handle)->is_closing = true;
  static_cast<Handle*>(handle)->closed = closed;
}
void uv_unref(void*) {}
void uv_handle_set_data(void* handle, void* data) { static_cast<Handle*>(handle)->data = data; }
void* uv_handle_get_data(const void* handle) { return static_cast<const Handle*>(handle)->data; }

}  // extern "C"
