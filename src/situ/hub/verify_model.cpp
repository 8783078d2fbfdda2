// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/verify_model.h"

#include <algorithm>
#include <system_error>

#include "situ/hub/content_hash.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

VerifiedFile verify_file(const fs::path& snapshot, const fs::path& file) {
  using State = VerifiedFile::State;
  std::error_code error;
  VerifiedFile result{.path = file.lexically_relative(snapshot).generic_string(), .hash = ""};
  if (!fs::is_symlink(file, error)) {
    result.state = State::kUnrecorded;
    return result;
  }
  result.hash = fs::read_symlink(file, error).filename();
  if (!fs::is_regular_file(file, error)) {
    result.state = State::kMissing;
  } else if (!is_content_name(result.hash)) {
    result.state = State::kUnrecorded;
    result.hash.clear();
  } else if (!content_is(file, result.hash)) {
    result.state = State::kBroken;
  }
  return result;
}

}  // namespace

std::vector<VerifiedFile> verify_snapshot(const fs::path& snapshot) {
  std::vector<VerifiedFile> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(snapshot, error);
  if (error) throw file_failure(snapshot, "read", error.value());
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) throw file_failure(snapshot, "read", error.value());
    if (entry->is_symlink(error) || !entry->is_directory(error)) {
      files.push_back(verify_file(snapshot, entry->path()));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const VerifiedFile& a, const VerifiedFile& b) { return a.path < b.path; });
  return files;
}

const char* name_of(VerifiedFile::State state) {
  switch (state) {
    case VerifiedFile::State::kGood:
      return "good";
    case VerifiedFile::State::kBroken:
      return "broken";
    case VerifiedFile::State::kMissing:
      return "missing";
    case VerifiedFile::State::kUnrecorded:
      return "unrecorded";
  }
  return "";
}

}  // namespace situ
