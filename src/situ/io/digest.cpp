// SPDX-License-Identifier: Apache-2.0
#include "situ/io/digest.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace situ {
namespace {

void check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL does not offer SHA-256 or SHA-1 here");
}

}  // namespace

struct Digest::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free};
};

Digest::Digest(Kind kind) : state_(std::make_unique<State>()) {
  EVP_MD_CTX* context = state_->context.get();
  const EVP_MD* algorithm = kind == Kind::kSha1 ? EVP_sha1() : EVP_sha256();
  check(context != nullptr && EVP_DigestInit_ex(context, algorithm, nullptr) == 1);
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Digest::hex() {
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

}  // namespace situ
