// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/content_hash.h"

#include <stdexcept>
#include <system_error>

#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

constexpr size_t kSha256Digits = 64;
constexpr size_t kGitDigits = 40;

Digest::Kind kind_of(std::string_view name) {
  if (!is_content_name(name)) throw std::invalid_argument("content hash: no name of content");
  return name.size() == kGitDigits ? Digest::Kind::kSha1 : Digest::Kind::kSha256;
}

}  // namespace

bool is_content_name(std::string_view text) {
  return (text.size() == kSha256Digits || text.size() == kGitDigits) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ContentHash::ContentHash(std::string_view name, int64_t size) : digest_(kind_of(name)) {
  if (name.size() == kGitDigits) add("blob " + std::to_string(size) + std::string(1, '\0'));
}

bool content_is(const std::filesystem::path& file, std::string_view name) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw file_failure(file, "read", error.value());
  ContentHash hash(name, static_cast<int64_t>(size));
  read_in_pieces(file, [&](std::string_view piece) { hash.add(piece); });
  return hash.hex() == name;
}

}  // namespace situ
