// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace situ {

/// A folder that is empty as something is written into it; folders below appear as files do.
class OutputFolder {
 public:
  /// Throws FileError unless the folder is empty or not there.
  explicit OutputFolder(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  /// The whole path of a file, its folder made. Throws FileError.
  std::filesystem::path at(const std::filesystem::path& file) const;

 private:
  std::filesystem::path root_;
};

/// Throws FileError, also where there is such a file.
void copy_file_to(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace situ
