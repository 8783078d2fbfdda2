// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/generation/recipe.h"

namespace situ {

/// The file of a recipe: `name` itself where it is a file, else <name>.yaml in the environment's
/// SITU_RECIPES, in share/situ/recipes beside the program's own folder, or in the source tree.
/// Throws std::invalid_argument with the nearest known name.
std::filesystem::path find_recipe(const std::string& name_or_file);

/// The names of the recipes that ship with situ.
std::vector<std::string> recipe_names();

/// Models in place of a recipe's own.
struct ModelChoice {
  std::optional<std::string> inpainter = std::nullopt;
  std::optional<std::string> segmenter = std::nullopt;
  std::optional<std::string> dtype = std::nullopt;
};

/// Reads a recipe, with the options that its inpainter works best with as defaults. Throws
/// FileError, DataError for YAML that is malformed, and std::invalid_argument as recipe_from_json.
Recipe load_recipe(const std::filesystem::path& path, const ModelChoice& choice = {});

}  // namespace situ
