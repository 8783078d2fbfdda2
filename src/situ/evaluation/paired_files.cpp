// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/paired_files.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamedFiles = 8;  // in a message

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> without_partner(const std::map<std::string, fs::path>& files,
                                         const std::map<std::string, fs::path>& partners) {
  std::vector<std::string> names;
  for (const auto& [stem, path] : files) {
    if (!partners.contains(stem)) names.push_back(stem);
  }
  return names;
}

std::string some_of(std::vector<std::string> names) {
  const std::size_t more = names.size() - std::min(names.size(), kNamedFiles);
  names.resize(names.size() - more);
  return listed(names) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

std::map<std::string, fs::path> files_by_stem(const fs::path& folder,
                                              std::span<const std::string_view> extensions,
                                              std::string_view suffix) {
  std::map<std::string, fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const fs::path& path = at->path();
    const std::string extension = lower_case(path.extension().string());
    const bool wanted =
        std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (!wanted || path.filename().string().starts_with('.') || !at->is_regular_file()) continue;
    std::string stem = path.lexically_relative(folder).replace_extension().generic_string();
    if (!suffix.empty() && stem.ends_with(suffix)) stem.resize(stem.size() - suffix.size());
    const auto [other, is_new] = files.emplace(stem, path);
    if (!is_new) {
      throw DataError(path.string(), "it has the same stem as " + other->second.string());
    }
  }
  if (error) throw FileError(folder.string() + ": cannot read the folder: " + error.message());
  return files;
}

std::vector<FilePair> paired_files(const std::map<std::string, fs::path>& first,
                                   const fs::path& first_folder,
                                   const std::map<std::string, fs::path>& second,
                                   const fs::path& second_folder) {
  std::string faults;
  if (const auto extra = without_partner(first, second); !extra.empty()) {
    faults += "no file for " + some_of(extra) + " of " + first_folder.string();
    if (second.empty()) throw DataError(second_folder.string(), faults);
  }
  if (const auto missing = without_partner(second, first); !missing.empty()) {
    if (!faults.empty())
      throw DataError(second_folder.string(), faults + "; and " + first_folder.string() +
                                                  ": no file for " + some_of(missing));
    throw DataError(first_folder.string(),
                    "no file for " + some_of(missing) + " of " + second_folder.string());
  }
  if (!faults.empty()) throw DataError(second_folder.string(), faults);
  if (first.empty()) throw DataError(first_folder.string(), "there are no files to evaluate");
  std::vector<FilePair> pairs;
  for (const auto& [stem, path] : first) pairs.push_back({stem, path, second.at(stem)});
  return pairs;
}

}  // namespace situ
