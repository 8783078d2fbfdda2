// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// A repository of a hub at one revision (branch, tag or commit).
struct RepositoryName {
  std::string repository;  ///< "org/name"
  std::string revision = "main";
};

/// "org/name" or "org/name@revision"; nothing for any other text, and for names that could leave
/// their folder.
std::optional<RepositoryName> parse_repository_name(std::string_view text);

/// True for a relative path with slashes that stays in its folder: not empty, absolute or longer
/// than 1024 bytes, without "..", ".", empty parts, backslashes and control characters.
bool is_safe_path(std::string_view path);

/// True for 40 small hexadecimal digits.
bool is_commit(std::string_view text);

/// One repository's folder in a cache of huggingface_hub's layout:
///   models--org--name/blobs/<hash>  snapshots/<commit>/<path> -> ../../blobs/<hash>
///   refs/<revision>
class CachedRepository {
 public:
  /// Throws std::invalid_argument for a repository that is not "org/name".
  CachedRepository(const std::filesystem::path& cache, const std::string& repository);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path blobs() const { return folder_ / "blobs"; }
  std::filesystem::path blob(std::string_view hash) const { return blobs() / hash; }
  std::filesystem::path snapshot(std::string_view commit) const {
    return folder_ / "snapshots" / commit;
  }

  /// The commit that a revision stands for: itself, or what refs/<revision> holds.
  std::optional<std::string> commit_of(const std::string& revision) const;
  /// The snapshot of a revision, where its folder exists.
  std::optional<std::filesystem::path> find_snapshot(const std::string& revision) const;
  /// Commits of all snapshots, sorted.
  std::vector<std::string> commits() const;

  /// Makes snapshots/<commit>/<path> a link to the blob, or a copy where links cannot be made.
  /// Throws FileError; std::invalid_argument for a path that is not safe.
  void place(const std::string& commit, const std::string& path, std::string_view hash) const;
  /// Writes refs/<revision>; nothing for a revision that is the commit. Throws FileError.
  void set_ref(const std::string& revision, const std::string& commit) const;

 private:
  std::filesystem::path folder_;
};

/// Bytes of all blobs of a repository's folder, and of the files in snapshots that are no links.
int64_t bytes_on_disk(const CachedRepository& repository);

/// Makes the folder and those above. Throws FileError.
void make_folders(const std::filesystem::path& folder);

}  // namespace situ
