// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/recipe_file.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "situ/backends/registry.h"
#include "situ/core/nearest_name.h"
#include "situ/io/yaml_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> recipe_folders() {
  std::vector<fs::path> folders;
  if (const char* given = std::getenv("SITU_RECIPES"); given != nullptr && *given != '\0') {
    folders.emplace_back(given);
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path().parent_path() / "share" / "situ" / "recipes");
#ifdef SITU_SOURCE_RECIPES
  folders.emplace_back(SITU_SOURCE_RECIPES);
#endif
  return folders;
}

}  // namespace

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const fs::path& folder : recipe_folders()) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->path().extension() == ".yaml") names.push_back(entry->path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

fs::path find_recipe(const std::string& name_or_file) {
  std::error_code ignored;
  if (fs::is_regular_file(name_or_file, ignored)) return name_or_file;
  for (const fs::path& folder : recipe_folders()) {
    const fs::path file = folder / (name_or_file + ".yaml");
    if (fs::is_regular_file(file, ignored)) return file;
  }
  throw std::invalid_argument(unknown_name_message("recipe", name_or_file, recipe_names()) +
                              " (or name a file)");
}

Recipe load_recipe(const fs::path& path, const ModelChoice& choice) {
  nlohmann::json json = load_yaml(path);
  const auto choose = [&](const char* key, const std::optional<std::string>& value) {
    if (value && json.is_object()) json["models"][key] = *value;
  };
  choose("inpainter", choice.inpainter);
  choose("segmenter", choice.segmenter);
  choose("dtype", choice.dtype);
  const RecipeModels models = recipe_models(json, path.string());
  return recipe_from_json(json, inpainting_defaults(models.inpainter), path.string());
}

}  // namespace situ
