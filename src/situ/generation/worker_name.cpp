// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/worker_name.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <random>

namespace situ {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "host";
  return name.data();
}

std::string hexadecimal(uint64_t value) {
  std::array<char, 17> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, 16);
  return {text.data(), end};
}

}  // namespace

std::string new_worker_name() {
  std::random_device device;  // only names depend on it, never a result
  const uint64_t random = (uint64_t{device()} << 32) | device();
  return host_name() + "-" + std::to_string(::getpid()) + "-" + hexadecimal(random);
}

bool worker_has_ended(const std::string& name) {
  const size_t last = name.rfind('-');
  if (last == std::string::npos || last == 0) return false;
  const size_t before = name.rfind('-', last - 1);
  if (before == std::string::npos || name.substr(0, before) != host_name()) return false;
  pid_t process = 0;
  const char* begin = name.data() + before + 1;
  const auto [end, error] = std::from_chars(begin, name.data() + last, process);
  if (error != std::errc() || end != name.data() + last || process <= 0) return false;
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

}  // namespace situ
