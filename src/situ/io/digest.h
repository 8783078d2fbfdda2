// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace situ {

/// A hash of content that comes piece by piece.
class Digest {
 public:
  enum class Kind { kSha1, kSha256 };
  /// Throws std::runtime_error where OpenSSL does not offer the hash.
  explicit Digest(Kind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void add(std::string_view bytes);
  /// Small hexadecimal digits; call once, last.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace situ
