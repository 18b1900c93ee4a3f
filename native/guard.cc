// A Node-API addon that is loaded before TensorFlow. capture() turns standard error into a file in memory, and release() turns it back and
// returns what was written meanwhile: TensorFlow's libraries log while they are being loaded, before any setting of theirs can be changed.
// shield() keeps signals from the threads that compute. setEnvironment() sets a variable of the process, also from a Worker.
#include <node_api.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace {

const int kCrashes[] = {SIGABRT, SIGILL};
void (*previous[2])(int);
int original = -1;
int memory = -1;

void Copy(int from, int to) {
  char buffer[4096];
  lseek(from, 0, SEEK_SET);
  for (ssize_t size; (size = read(from, buffer, sizeof(buffer))) > 0;) {
    if (write(to, buffer, size) < 0) return;
  }
}

// What a crash said must be seen. Only calls that are allowed in a signal handler.
void OnCrash(int number) {
  Copy(memory, original);
  signal(number, SIG_DFL);
  raise(number);
}

napi_value Capture(napi_env, napi_callback_info) {
  if (original >= 0) return nullptr;
  memory = memfd_create("stderr", MFD_CLOEXEC);
  if (memory < 0) return nullptr;
  fflush(stderr);
  original = dup(STDERR_FILENO);
  dup2(memory, STDERR_FILENO);
  for (int i = 0; i < 2; i++) previous[i] = signal(kCrashes[i], OnCrash);
  return nullptr;
}

napi_value Release(napi_env env, napi_callback_info) {
  std::string text;
  if (original >= 0) {
    fflush(stderr);
    dup2(original, STDERR_FILENO);
    for (int i = 0; i < 2; i++) signal(kCrashes[i], previous[i]);
    text.resize(lseek(memory, 0, SEEK_END));
    text.resize(std::max<ssize_t>(0, pread(memory, &text[0], text.size(), 0)));
    close(memory);
    close(original);
    original = -1;
  }
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

// Threads that TensorFlow starts later inherit this; Node's own pools were there before, and take the signals. libuv gives its child
// processes an empty mask again.
napi_value Shield(napi_env, napi_callback_info) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGCONT, SIGWINCH, SIGUSR1, SIGUSR2}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return nullptr;
}

// Node gives a Worker a copy of the environment, which getenv() never sees. setEnvironment(name, value)
napi_value SetEnvironment(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  std::string texts[2];
  for (size_t i = 0; i < count; i++) {
    size_t size = 0;
    napi_get_value_string_utf8(env, arguments[i], nullptr, 0, &size);
    texts[i].resize(size + 1);
    napi_get_value_string_utf8(env, arguments[i], &texts[i][0], size + 1, &size);
  }
  setenv(texts[0].c_str(), texts[1].c_str(), 1);
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "capture", NAPI_AUTO_LENGTH, Capture, nullptr, &function);
  napi_set_named_property(env, exports, "capture", function);
  napi_create_function(env, "release", NAPI_AUTO_LENGTH, Release, nullptr, &function);
  napi_set_named_property(env, exports, "release", function);
  napi_create_function(env, "shield", NAPI_AUTO_LENGTH, Shield, nullptr, &function);
  napi_set_named_property(env, exports, "shield", function);
  napi_create_function(env, "setEnvironment", NAPI_AUTO_LENGTH, SetEnvironment, nullptr, &function);
  napi_set_named_property(env, exports, "setEnvironment", function);
  return exports;
}
