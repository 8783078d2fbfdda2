// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/content_hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>

#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

constexpr size_t kSha256Digits = 64;
constexpr size_t kGitDigits = 40;

void check(bool good) {
  if (!good) throw std::runtime_error("content hash: OpenSSL does not offer it here");
}

}  // namespace

struct ContentHash::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free};
};

bool is_content_name(std::string_view text) {
  return (text.size() == kSha256Digits || text.size() == kGitDigits) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ContentHash::ContentHash(std::string_view name, int64_t size) : state_(std::make_unique<State>()) {
  if (!is_content_name(name)) throw std::invalid_argument("content hash: no name of content");
  const bool git = name.size() == kGitDigits;
  EVP_MD_CTX* context = state_->context.get();
  check(context != nullptr &&
        EVP_DigestInit_ex(context, git ? EVP_sha1() : EVP_sha256(), nullptr) == 1);
  if (git) add("blob " + std::to_string(size) + std::string(1, '\0'));
}

ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash& ContentHash::operator=(ContentHash&&) noexcept = default;
ContentHash::~ContentHash() = default;

void ContentHash::add(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string ContentHash::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length) == 1);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
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
