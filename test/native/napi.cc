// The functions of Node-API that the addon uses, over engine.h. They check what Node checks.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine.h"

namespace {

napi_status end_with(napi_env env, napi_status status) {
  env->last_error.error_code = status;
  return status;
}

// Node runs no JavaScript for an environment that ends, nor while an exception is pending.
napi_status may_run(napi_env env) {
  if (env->exception != nullptr) return end_with(env, napi_pending_exception);
  return end_with(env, env->is_ending ? napi_cannot_run_js : napi_ok);
}

std::u16string widened(const char* text, size_t length) {
  if (length == NAPI_AUTO_LENGTH) length = std::strlen(text);
  return {text, text + length};  // the addon's own texts are ASCII
}

std::string narrowed(napi_value value) { return {value->text.begin(), value->text.end()}; }

napi_status make_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  if (message->type != napi_string) return end_with(env, napi_string_expected);
  *result = env->make(napi_object);
  (*result)->properties["message"] = message;
  if (code != nullptr) (*result)->properties["code"] = code;
  return end_with(env, napi_ok);
}

bool is_array(napi_value value) { return value->buffer != nullptr; }

// What the running process has of a text that is turned into a number, a number into a text, and so on, is not asked
// for.
std::u16string text_of(napi_value value) {
  char text[64] = "";
  if (value->type == napi_string) return value->text;
  if (value->type == napi_number) std::snprintf(text, sizeof text, "%.17g", value->number);
  if (value->type == napi_boolean) std::snprintf(text, sizeof text, "%s", value->boolean ? "true" : "false");
  return widened(text, NAPI_AUTO_LENGTH);
}

bool truth_of(napi_value value) {
  if (value->type == napi_boolean) return value->boolean;
  if (value->type == napi_number) return value->number != 0 && !std::isnan(value->number);
  if (value->type == napi_string) return !value->text.empty();
  return value->type != napi_undefined && value->type != napi_null;
}

}  // namespace

#define OK(statement)              \
  do {                             \
    statement;                     \
    return end_with(env, napi_ok); \
  } while (false)

extern "C" {

napi_status napi_get_undefined(napi_env env, napi_value* result) { OK(*result = env->make(napi_undefined)); }
napi_status napi_get_global(napi_env env, napi_value* result) { OK(*result = env->global); }
napi_status napi_create_object(napi_env env, napi_value* result) { OK(*result = env->make(napi_object)); }
napi_status napi_create_double(napi_env env, double value, napi_value* result) { OK(*result = env->number(value)); }
napi_status napi_get_boolean(napi_env env, bool value, napi_value* result) {
  OK((*result = env->make(napi_boolean))->boolean = value);
}
napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  OK(*result = env->string(widened(text, length)));
}
napi_status napi_create_string_utf16(napi_env env, const char16_t* text, size_t length, napi_value* result) {
  OK(*result = env->string(std::u16string(text, length)));
}

napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype* result) { OK(*result = value->type); }
napi_status napi_is_typedarray(napi_env env, napi_value value, bool* result) { OK(*result = is_array(value)); }
napi_status napi_is_arraybuffer(napi_env env, napi_value value, bool* result) {
  OK(*result = value->is_buffer && !value->is_shared);
}

napi_status napi_get_value_double(napi_env env, napi_value value, double* result) {
  if (value->type != napi_number) return end_with(env, napi_number_expected);
  OK(*result = value->number);
}
napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t* result) {
  if (value->type != napi_number) return end_with(env, napi_number_expected);
  const double number = value->number;
  OK(*result =
         std::isfinite(number) && std::fabs(number) < 9e15 ? static_cast<int32_t>(static_cast<int64_t>(number)) : 0);
}
napi_status napi_get_value_bool(napi_env env, napi_value value, bool* result) {
  if (value->type != napi_boolean) return end_with(env, napi_boolean_expected);
  OK(*result = value->boolean);
}
napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char* into, size_t size, size_t* result) {
  if (value->type != napi_string) return end_with(env, napi_string_expected);
  const std::string text = narrowed(value);
  const size_t copied = into == nullptr ? text.size() : std::min(text.size(), size - 1);
  if (into != nullptr) std::memcpy(into, text.data(), copied), into[copied] = 0;
  if (result != nullptr) *result = copied;
  return end_with(env, napi_ok);
}
napi_status napi_get_value_string_utf16(napi_env env, napi_value value, char16_t* into, size_t size, size_t* result) {
  if (value->type != napi_string) return end_with(env, napi_string_expected);
  const std::u16string& text = value->text;
  const size_t copied = into == nullptr ? text.size() : std::min(text.size(), size - 1);
  if (into != nullptr) std::memcpy(into, text.data(), copied * 2), into[copied] = 0;
  if (result != nullptr) *result = copied;
  return end_with(env, napi_ok);
}
napi_status napi_coerce_to_string(napi_env env, napi_value value, napi_value* result) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  OK(*result = env->string(text_of(value)));
}
napi_status napi_coerce_to_bool(napi_env env, napi_value value, napi_value* result) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  OK((*result = env->make(napi_boolean))->boolean = truth_of(value));
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char* name, napi_value value) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  if (!object->is_object()) return end_with(env, napi_object_expected);
  OK(object->properties[name] = value);
}
napi_status napi_get_named_property(napi_env env, napi_value object, const char* name, napi_value* result) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  if (!object->is_object()) return end_with(env, napi_object_expected);
  const auto found = object->properties.find(name);
  OK(*result = found == object->properties.end() ? env->make(napi_undefined) : found->second);
}
napi_status napi_has_named_property(napi_env env, napi_value object, const char* name, bool* result) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  OK(*result = object->properties.count(name) != 0);
}
napi_status napi_get_property(napi_env env, napi_value object, napi_value key, napi_value* result) {
  return napi_get_named_property(env, object, narrowed(key).c_str(), result);
}
napi_status napi_has_property(napi_env env, napi_value object, napi_value key, bool* result) {
  return napi_has_named_property(env, object, narrowed(key).c_str(), result);
}
napi_status napi_define_properties(napi_env env, napi_value object, size_t count, const napi_property_descriptor* all) {
  for (size_t i = 0; i < count; i++) object->properties[all[i].utf8name] = all[i].value;
  return end_with(env, napi_ok);
}

napi_status napi_create_function(napi_env env, const char*, size_t, napi_callback callback, void* data,
                                 napi_value* result) {
  *result = env->make(napi_function);
  (*result)->callback = callback;
  OK((*result)->callback_data = data);
}
napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* count, napi_value* arguments,
                             napi_value* self, void** data) {
  if (count != nullptr) {
    const size_t given = info->arguments.size();
    for (size_t i = 0; arguments != nullptr && i < *count; i++)
      arguments[i] = i < given ? info->arguments[i] : env->make(napi_undefined);
    *count = given;
  }
  if (self != nullptr) *self = info->self;
  if (data != nullptr) *data = info->data;
  return end_with(env, napi_ok);
}
napi_status napi_call_function(napi_env env, napi_value, napi_value function, size_t count, const napi_value* arguments,
                               napi_value* result) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  const napi_value returned = env->call(function, {arguments, arguments + count});
  if (returned == nullptr) return end_with(env, napi_pending_exception);
  OK(if (result != nullptr)* result = returned);
}
napi_status napi_make_callback(napi_env env, napi_async_context, napi_value self, napi_value function, size_t count,
                               const napi_value* arguments, napi_value* result) {
  return napi_call_function(env, self, function, count, arguments, result);
}
// Compilers keep these for classes of node-addon-api that nobody uses.
napi_status napi_async_destroy(napi_env env, napi_async_context) { return end_with(env, napi_ok); }
napi_status napi_close_callback_scope(napi_env env, napi_callback_scope) { return end_with(env, napi_ok); }

napi_status napi_create_arraybuffer(napi_env env, size_t length, void** data, napi_value* result) {
  auto store = std::make_shared<engine::Store>();
  store->length = length;
  store->data = new char[length]();
  store->on_free = [data = store->data] { delete[] data; };
  if (data != nullptr) *data = store->data;
  OK(*result = env->buffer(store));
}
napi_status napi_create_external_arraybuffer(napi_env env, void* data, size_t length, napi_finalize finalize,
                                             void* hint, napi_value* result) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  const bool is_refused = env->refusal != engine::Refusal::none;
  const bool is_allowed = env->refusal != engine::Refusal::not_allowed;
  *result = env->external(data, length, finalize, hint);
  if (is_refused) return end_with(env, is_allowed ? napi_generic_failure : napi_no_external_buffers_allowed);
  return end_with(env, napi_ok);
}
// Where Node has this function, the addon finds it by its name.
napi_status node_api_create_external_sharedarraybuffer(napi_env env, void* data, size_t length,
                                                       void (*finalize)(void*, void*), void* hint, napi_value* result) {
  auto store = std::make_shared<engine::Store>();
  store->data = static_cast<char*>(data);
  store->length = length;
  store->is_shared = true;
  store->on_free = [=] { finalize(data, hint); };
  OK(*result = env->buffer(store));
}
napi_status napi_get_arraybuffer_info(napi_env env, napi_value value, void** data, size_t* length) {
  if (!value->is_buffer) return end_with(env, napi_invalid_arg);
  if (data != nullptr) *data = value->store ? value->store->data : nullptr;
  OK(if (length != nullptr)* length = value->byte_length());
}
napi_status napi_create_typedarray(napi_env env, napi_typedarray_type type, size_t length, napi_value buffer,
                                   size_t offset, napi_value* result) {
  OK(*result = env->array(buffer, offset, length, type));
}
napi_status napi_get_typedarray_info(napi_env env, napi_value array, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* buffer, size_t* offset) {
  if (!is_array(array)) return end_with(env, napi_invalid_arg);
  const bool is_there = array->buffer->store != nullptr;
  if (type != nullptr) *type = array->array_type;
  if (length != nullptr) *length = is_there ? array->length : 0;
  if (data != nullptr) *data = is_there ? array->buffer->store->data + array->offset : nullptr;
  if (buffer != nullptr) *buffer = array->buffer;
  OK(if (offset != nullptr)* offset = is_there ? array->offset : 0);
}

napi_status napi_create_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return make_error(env, code, message, result);
}
napi_status napi_create_type_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return make_error(env, code, message, result);
}
napi_status napi_create_range_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return make_error(env, code, message, result);
}
napi_status napi_throw(napi_env env, napi_value error) {
  if (const napi_status status = may_run(env); status != napi_ok) return status;
  OK(env->exception = error);
}
napi_status napi_is_exception_pending(napi_env env, bool* result) { OK(*result = env->exception != nullptr); }
napi_status napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  *result = env->exception != nullptr ? env->exception : env->make(napi_undefined);
  OK(env->exception = nullptr);
}
napi_status napi_get_last_error_info(node_api_basic_env basic, const napi_extended_error_info** result) {
  *result = &const_cast<napi_env>(basic)->last_error;
  return napi_ok;
}
napi_status napi_fatal_exception(napi_env env, napi_value) { return end_with(env, napi_ok); }
void napi_fatal_error(const char* location, size_t, const char* message, size_t) {
  std::fprintf(stderr, "fatal error: %s: %s\n", location, message);
  std::abort();
}

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref* result) {
  *result = new napi_ref__{value, count};
  OK(env->references.push_back(*result));
}
napi_status napi_delete_reference(node_api_basic_env basic, napi_ref reference) {
  const auto env = const_cast<napi_env>(basic);
  env->references.remove(reference);
  delete reference;
  return end_with(env, napi_ok);
}
napi_status napi_get_reference_value(napi_env env, napi_ref reference, napi_value* result) {
  OK(*result = reference->value);
}

napi_status napi_wrap(napi_env env, napi_value object, void* data, node_api_basic_finalize finalize, void* hint,
                      napi_ref*) {
  OK(object->finalizers.push_back({reinterpret_cast<napi_finalize>(finalize), data, hint}));
}
napi_status napi_add_finalizer(napi_env env, napi_value object, void* data, node_api_basic_finalize finalize,
                               void* hint, napi_ref*) {
  OK(object->finalizers.push_back({reinterpret_cast<napi_finalize>(finalize), data, hint}));
}
napi_status napi_set_instance_data(node_api_basic_env basic, void* data, napi_finalize finalize, void* hint) {
  const auto env = const_cast<napi_env>(basic);
  OK((env->instance = {finalize, data, hint}));
}
napi_status napi_get_instance_data(node_api_basic_env basic, void** data) {
  const auto env = const_cast<napi_env>(basic);
  OK(*data = env->instance.data);
}
napi_status napi_add_env_cleanup_hook(node_api_basic_env basic, void (*hook)(void*), void* data) {
  const auto env = const_cast<napi_env>(basic);
  OK(env->hooks.emplace_back(hook, data));
}
napi_status napi_add_async_cleanup_hook(node_api_basic_env basic, napi_async_cleanup_hook call, void* data,
                                        napi_async_cleanup_hook_handle* result) {
  const auto env = const_cast<napi_env>(basic);
  env->async_hooks.push_back(new napi_async_cleanup_hook_handle__{env, call, data});
  OK(if (result != nullptr)* result = env->async_hooks.back());
}
napi_status napi_remove_async_cleanup_hook(napi_async_cleanup_hook_handle handle) {
  handle->env->async_hooks.remove(handle);
  delete handle;
  return napi_ok;
}
napi_status napi_get_uv_event_loop(node_api_basic_env env, uv_loop_s** result) {
  *result = env->loop;
  return napi_ok;
}

// Scopes close with the call that opened them.
napi_status napi_open_handle_scope(napi_env env, napi_handle_scope* result) { OK(*result = nullptr); }
napi_status napi_close_handle_scope(napi_env env, napi_handle_scope) { return end_with(env, napi_ok); }
napi_status napi_open_escapable_handle_scope(napi_env env, napi_escapable_handle_scope* result) {
  OK(*result = nullptr);
}
napi_status napi_close_escapable_handle_scope(napi_env env, napi_escapable_handle_scope) {
  return end_with(env, napi_ok);
}
napi_status napi_escape_handle(napi_env env, napi_escapable_handle_scope, napi_value value, napi_value* result) {
  OK(*result = value);
}

}  // extern "C"
