// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/model_folder.h"

#include <cstdlib>
#include <system_error>

#include "situ/core/errors.h"

namespace situ {
namespace {

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace

std::vector<std::filesystem::path> model_roots() {
  std::vector<std::filesystem::path> roots;
  if (const char* given = std::getenv("SITU_MODELS"); given != nullptr && *given != '\0') {
    roots.emplace_back(given);
  }
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) roots.push_back(program.parent_path().parent_path() / "share" / "situ" / "models");
#ifdef SITU_SOURCE_MODELS
  roots.emplace_back(SITU_SOURCE_MODELS);
#endif
  return roots;
}

std::filesystem::path model_folder(const std::string& name) {
  if (is_folder(name)) return name;
  const bool is_path = name.empty() || name.find('/') != std::string::npos;
  std::string tried;
  if (!is_path) {
    for (const std::filesystem::path& root : model_roots()) {
      if (is_folder(root / name)) return root / name;
      tried += (tried.empty() ? "" : ", ") + (root / name).string();
    }
  }
  if (is_path) throw FileError(name + ": there is no such model folder");
  throw FileError("the model " + name + " is not in any of " + tried +
                  "; name its folder, or set SITU_MODELS to the folder that holds it");
}

}  // namespace situ
