// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// The files of a folder and its subfolders by stem: the path within the folder without its
/// extension. Files with other extensions are passed over, as are hidden ones.
/// extensions: with the dot, lower case. suffix: taken off a stem that ends with it.
/// Throws FileError where the folder cannot be read, DataError where two files have one stem.
std::map<std::string, std::filesystem::path> files_by_stem(
    const std::filesystem::path& folder, std::span<const std::string_view> extensions,
    std::string_view suffix = "");

struct FilePair {
  std::string stem;
  std::filesystem::path first;
  std::filesystem::path second;
};

/// Returns the pairs in the order of their stems. Throws DataError that names what has no partner,
/// on either side, and where there are no files at all.
std::vector<FilePair> paired_files(const std::map<std::string, std::filesystem::path>& first,
                                   const std::filesystem::path& first_folder,
                                   const std::map<std::string, std::filesystem::path>& second,
                                   const std::filesystem::path& second_folder);

}  // namespace situ
