// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace situ {

/// A file's content is not what its format, or what situ needs, allows.
/// The message reads "<file>[ at byte <offset>]: <reason>".
class DataError : public std::runtime_error {
 public:
  DataError(const std::string& file, const std::string& reason);
  DataError(const std::string& file, std::int64_t offset, const std::string& reason);
};

/// A file could not be opened, read, written or renamed; the message says which and why.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked to stop (Ctrl-C or SIGTERM).
class Interrupted : public std::runtime_error {
 public:
  Interrupted();
};

}  // namespace situ
