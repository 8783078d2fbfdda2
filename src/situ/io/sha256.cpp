// SPDX-License-Identifier: Apache-2.0
#include "situ/io/sha256.h"

#include "situ/io/digest.h"
#include "situ/io/file_bytes.h"

namespace situ {

std::string sha256_of_file(const std::filesystem::path& path) {
  Digest hash(Digest::Kind::kSha256);
  read_in_pieces(path, [&](std::string_view piece) { hash.add(piece); });
  return hash.hex();
}

std::string sha256_hex(std::string_view bytes) {
  Digest hash(Digest::Kind::kSha256);
  hash.add(bytes);
  return hash.hex();
}

}  // namespace situ
