// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace situ {

/// A model in the cache.
struct InstalledModel {
  std::string repository;  ///< "org/name"
  std::vector<std::string> commits;
  int64_t bytes = 0;
};

/// The repositories of models in a cache that have a snapshot, sorted by name; none where there is
/// no cache.
std::vector<InstalledModel> installed_models(const std::filesystem::path& cache);

/// Removes the snapshot of a revision, the refs to it, and the blobs that no other snapshot of the
/// repository links to; with its last snapshot the repository's folder. Returns the bytes freed; 0
/// where there is no such snapshot. Throws FileError.
int64_t remove_model(const std::filesystem::path& cache, const std::string& repository,
                     const std::string& revision);

}  // namespace situ
