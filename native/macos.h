// What guard.cc calls and macOS lacks: a file without a name, here one that is removed as soon as it is open.
#pragma once
#include <stdlib.h>
#include <unistd.h>

#define MFD_CLOEXEC 0

static inline int memfd_create(const char*, unsigned int) {
  char name[] = "/tmp/finetune-stderr-XXXXXX";
  int file = mkstemp(name);
  if (file >= 0) unlink(name);
  return file;
}
