// Waiting for a file descriptor on the event loop of the environment. Linux only: what tells of memory pressure there
// speaks through descriptors. The loop is libuv's, whose functions are looked up: a runtime without them has none.
#pragma once

#include <napi.h>

namespace ebb {

// poll(fd, isPriority, callback): calls back whenever the descriptor has something to tell, without keeping the process
// alive. `isPriority`: it tells by POLLPRI, and is not read; otherwise what it holds is read and dropped.
// Returns what ends it, to be called before the descriptor is closed; undefined where there is no such event loop.
Napi::Value poll(const Napi::CallbackInfo& info);

// signal(callback): the same for an eventfd of its own. Returns `{ fd, close }`.
Napi::Value signal(const Napi::CallbackInfo& info);

}  // namespace ebb
