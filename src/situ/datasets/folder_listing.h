// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace situ {

/// The names in a folder, each list in ascending order of bytes.
struct FolderListing {
  std::vector<std::string> files;
  std::vector<std::string> folders;
};

/// Lists a folder without opening or asking about its files, symbolic links excepted: a million
/// names take about a second. Names that start with a dot are left out. Throws FileError when the
/// folder cannot be read.
FolderListing list_folder(const std::filesystem::path& folder);

/// The names of the folders in `folder`; none where there is no such folder.
std::vector<std::string> subfolders(const std::filesystem::path& folder);

}  // namespace situ
