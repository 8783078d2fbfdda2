// SPDX-License-Identifier: Apache-2.0
#include "situ/io/output_folder.h"

#include <system_error>

#include "situ/core/errors.h"

namespace situ {

OutputFolder::OutputFolder(std::filesystem::path root) : root_(std::move(root)) {
  std::error_code error;
  std::filesystem::create_directories(root_, error);
  if (error) throw FileError("cannot make the folder " + root_.string() + ": " + error.message());
  const bool empty = std::filesystem::is_empty(root_, error);
  if (error) throw FileError("cannot list the folder " + root_.string() + ": " + error.message());
  if (!empty) {
    throw FileError("the folder " + root_.string() +
                    " is not empty: what it holds is left as it is");
  }
}

std::filesystem::path OutputFolder::at(const std::filesystem::path& file) const {
  const std::filesystem::path path = root_ / file;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    throw FileError("cannot make the folder " + path.parent_path().string() + ": " +
                    error.message());
  }
  return path;
}

void copy_file_to(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (!error) return;
  throw FileError("cannot copy " + from.string() + " to " + to.string() + ": " + error.message());
}

}  // namespace situ
