// SPDX-License-Identifier: Apache-2.0
#include "situ/io/file_failure.h"

#include <cerrno>
#include <string>
#include <system_error>

namespace situ {
namespace {

std::string advice_for(const std::filesystem::path& path, int error_number) {
  std::error_code ignored;
  switch (error_number) {
    case ENOENT: {
      const std::filesystem::path folder = path.parent_path();
      if (!folder.empty() && !std::filesystem::exists(folder, ignored)) {
        return "the folder " + folder.string() + " does not exist; check the path or create it";
      }
      const std::string start =
          path.is_relative() ? std::filesystem::current_path(ignored).string() : std::string();
      return "no such file; check the spelling" +
             (start.empty() ? std::string() : " (relative paths start at " + start + ")");
    }
    case ENOTDIR:
      return "a part of the path is a file, not a folder; check the path";
    case EISDIR:
      return "it is a directory; name a file inside it";
    case EACCES:
    case EPERM:
      return "permission denied; see with 'ls -ld' who may use the file and its folder";
    case ENOSPC:
      return "the disk is full; free some space or choose a folder on another disk";
    case EDQUOT:
      return "the disk quota is used up; free some space or choose a folder on another disk";
    case EROFS:
      return "the file system is read-only; choose a folder on another disk";
    case EFBIG:
      return "the file would be larger than the file system or 'ulimit -f' allows";
    case EMFILE:
    case ENFILE:
      return "too many files are open; raise the limit with 'ulimit -n' or use fewer workers";
    case ENAMETOOLONG:
      return "the name is too long for the file system; choose a shorter one";
    case ELOOP:
      return "symbolic links lead in a circle; check them with 'ls -l'";
    case EIO:
      return "the disk reports an error; check it and copy the file again";
    case ENOMEM:
      return "out of memory; close other programs or use a smaller file";
    default:
      return std::generic_category().message(error_number);
  }
}

}  // namespace

FileError file_failure(const std::filesystem::path& path, std::string_view done, int error_number) {
  return FileError((path.empty() ? std::string("(empty path)") : path.string()) + ": cannot be " +
                   std::string(done) + ": " + advice_for(path, error_number));
}

}  // namespace situ
