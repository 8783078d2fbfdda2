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

std::vector<std::string> files_below(const std::filesystem::path& folder,
                                     const std::string& extension) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  const std::filesystem::recursive_directory_iterator end;
  while (!error && entry != end) {
    // Links are followed: download caches keep the weights elsewhere.
    if (entry->path().extension() == extension && entry->is_regular_file(error) && !error) {
      files.push_back(entry->path().lexically_relative(folder).generic_string());
    }
    if (!error) entry.increment(error);
  }
  if (error) throw file_failure(folder, "read", error.value());
  std::sort(files.begin(), files.end());
  return files;
}

// Pickles count only where there is nothing else, as when they are read.
std::vector<std::string> weight_files_below(const std::filesystem::path& folder) {
  for (const char* extension : {".safetensors", ".bin", ".pth"}) {
    if (std::vector<std::string> files = files_below(folder, extension); !files.empty()) {
      return files;
    }
  }
  return {};
}

}  // namespace

ModelIdentity identify_model(const std::filesystem::path& path) {
  const bool single_file = std::filesystem::is_regular_file(path);
  const std::vector<std::string> files =
      single_file ? std::vector{path.filename().string()} : weight_files_below(path);
  if (files.empty()) throw DataError(path, "holds no .safetensors or .bin file");
  ModelIdentity identity = identify_files(single_file ? path.parent_path() : path, files);
  identity.name = identity.folder = path.string();
  return identity;
}

ModelIdentity identify_files(const std::filesystem::path& folder,
                             const std::vector<std::string>& files) {
  ModelIdentity identity{.name = folder.string(), .folder = folder.string()};
  std::string lines;
  for (const std::string& file : files) {
    identity.weights.push_back({file, sha256_of_file(folder / file)});
    lines += file + " " + identity.weights.back().sha256 + "\n";
  }
  identity.revision = sha256_hex(lines).substr(0, kRevisionDigits);
  return identity;
}

}  // namespace situ
