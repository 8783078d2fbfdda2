// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "situ/io/digest.h"

namespace situ {

/// True for the names that a hub gives to content: 64 small hexadecimal digits (SHA-256, of large
/// files) or 40 (git's SHA-1 of "blob <length>\0<content>", of small ones).
bool is_content_name(std::string_view text);

/// The hash that a content name is made with, taken piece by piece.
class ContentHash {
 public:
  /// name: what is_content_name accepts, decides the kind; size: bytes of the whole content, which
  /// git's hash begins with. Throws std::invalid_argument for another name.
  ContentHash(std::string_view name, int64_t size);

  void add(std::string_view bytes) { digest_.add(bytes); }
  /// Small hexadecimal digits; call once, last.
  std::string hex() { return digest_.hex(); }

 private:
  Digest digest_;
};

/// True where the file's content is what `name` stands for. Throws FileError when it is unreadable.
bool content_is(const std::filesystem::path& file, std::string_view name);

}  // namespace situ
