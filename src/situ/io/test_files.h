// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/file_bytes.h"

namespace situ::testing {

/// Writes without waiting for the disk. Removing comes first because ext4 waits when a file with
/// content is truncated and written again.
inline void put(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::filesystem::path data_folder() {
  return std::filesystem::path(SITU_SOURCE_DIR) / "tests" / "data";
}

/// The message of the error that `action` throws; fails the test when it throws none or another
/// kind.
template <typename Error>
std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

/// Every proper beginning of a valid file must be refused with a DataError (at most `most` of them,
/// evenly spread, are tried).
inline void expect_refused_when_cut(std::string_view bytes, size_t most,
                                    const std::function<void(const std::filesystem::path&)>& read) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "cut";
  const size_t step = std::max<size_t>(1, bytes.size() / most);
  for (size_t size = 0; size < bytes.size(); size += step) {
    put(path, bytes.substr(0, size));
    EXPECT_THROW(read(path), DataError) << size << " of " << bytes.size() << " bytes";
  }
  put(path, bytes.substr(0, bytes.size() - 1));
  EXPECT_THROW(read(path), DataError) << "all but the last byte";
}

/// A damaged file may be read or refused with a DataError, nothing else.
inline void expect_read_or_refused(const std::filesystem::path& path,
                                   const std::function<void(const std::filesystem::path&)>& read) {
  try {
    read(path);
  } catch (const DataError&) {
  }
}

/// Tries `rounds` versions of a valid file with up to four random bytes changed.
inline void survive_changed_bytes(std::string_view bytes, int rounds,
                                  const std::function<void(const std::filesystem::path&)>& read) {
  const TemporaryFolder folder;
  std::mt19937 random(11);
  for (int round = 0; round < rounds; ++round) {
    std::string changed(bytes);
    for (int i = 0; i <= round % 4; ++i) changed[random() % changed.size()] = char(random() % 256);
    put(folder / "changed", changed);
    SCOPED_TRACE("round " + std::to_string(round));
    expect_read_or_refused(folder / "changed", read);
  }
}

/// Tries `rounds` files that are `start` and then random bytes.
inline void survive_random_bytes(std::string_view start, int rounds,
                                 const std::function<void(const std::filesystem::path&)>& read) {
  const TemporaryFolder folder;
  std::mt19937 random(13);
  for (int round = 0; round < rounds; ++round) {
    std::string bytes(start);
    for (int i = 0; i < 8 * (round % 40); ++i) bytes += char(random() % 256);
    put(folder / "random", bytes);
    SCOPED_TRACE("round " + std::to_string(round));
    expect_read_or_refused(folder / "random", read);
  }
}

}  // namespace situ::testing
