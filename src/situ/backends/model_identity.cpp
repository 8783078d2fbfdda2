// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/model_identity.h"

#include <algorithm>
#include <system_error>

#include "situ/core/errors.h"
#include "situ/io/file_failure.h"
#include "situ/io/sha256.h"

namespace situ {
namespace {

constexpr size_t kRevisionDigits = 12;

std::vector<std::string> weight_files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  const std::filesystem::recursive_directory_iterator end;
  while (!error && entry != end) {
    // Links are followed: download caches keep the weights elsewhere.
    if (entry->path().extension() == ".safetensors" && entry->is_regular_file(error) && !error) {
      files.push_back(entry->path().lexically_relative(folder).generic_string());
    }
    if (!error) entry.increment(error);
  }
  if (error) throw file_failure(folder, "read", error.value());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

ModelIdentity identify_model(const std::filesystem::path& folder) {
  ModelIdentity identity{.name = folder.string(), .folder = folder.string()};
  std::string lines;
  for (const std::string& file : weight_files_below(folder)) {
    identity.weights.push_back({file, sha256_of_file(folder / file)});
    lines += file + " " + identity.weights.back().sha256 + "\n";
  }
  if (identity.weights.empty()) throw DataError(folder, "holds no .safetensors file");
  identity.revision = sha256_hex(lines).substr(0, kRevisionDigits);
  return identity;
}

}  // namespace situ
