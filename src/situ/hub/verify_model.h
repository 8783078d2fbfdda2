// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace situ {

struct VerifiedFile {
  enum class State {
    kGood,
    kBroken,     ///< the content is not what its recorded hash says
    kMissing,    ///< a link to a blob that is gone
    kUnrecorded  ///< a copy without a record of its hash: nothing to compare with
  };
  std::string path;  ///< in the snapshot
  std::string hash;  ///< the recorded one; empty where there is none
  State state = State::kGood;
};

/// Hashes every file of a snapshot again and compares with the name of its blob, which is the hash
/// that the server declared. Sorted by path. Throws FileError where the folder cannot be read.
std::vector<VerifiedFile> verify_snapshot(const std::filesystem::path& snapshot);

/// "good", "broken", "missing", "unrecorded"
const char* name_of(VerifiedFile::State state);

}  // namespace situ
