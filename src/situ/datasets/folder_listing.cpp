// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/folder_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "situ/core/errors.h"

namespace situ {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// What a name is where the listing does not say, or says that it is a link.
unsigned char kind_behind(DIR* folder, const char* name) {
  struct stat status {};
  if (::fstatat(::dirfd(folder), name, &status, 0) != 0) return DT_UNKNOWN;
  if (S_ISDIR(status.st_mode)) return DT_DIR;
  return S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
}

}  // namespace

FolderListing list_folder(const std::filesystem::path& folder) {
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) {
    throw FileError("cannot list the folder " + folder.string() + ": " + std::strerror(errno));
  }
  FolderListing listing;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(open.get());
    if (entry == nullptr) break;
    if (entry->d_name[0] == '.') continue;
    unsigned char kind = entry->d_type;
    if (kind == DT_LNK || kind == DT_UNKNOWN) kind = kind_behind(open.get(), entry->d_name);
    if (kind == DT_REG) listing.files.emplace_back(entry->d_name);
    if (kind == DT_DIR) listing.folders.emplace_back(entry->d_name);
  }
  if (errno != 0) {
    throw FileError("cannot list the folder " + folder.string() + ": " + std::strerror(errno));
  }
  std::sort(listing.files.begin(), listing.files.end());
  std::sort(listing.folders.begin(), listing.folders.end());
  return listing;
}

std::vector<std::string> subfolders(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return {};
  return list_folder(folder).folders;
}

}  // namespace situ
