// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/start_cutouts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "situ/backends/prompt_vocabulary.h"
#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/imaging/box.h"
#include "situ/imaging/cutout_placement.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

// The object fills the hole, unturned: the light and the edges are the model's part.
constexpr CutoutPlacement kStanding{.min_fill = 0.97, .max_rotation_deg = 0, .aspect_jitter = 0};

at::Tensor premultiplied(const at::Tensor& rgba) {
  const at::Tensor alpha = rgba.slice(0, 3, 4);
  const at::Tensor colors =
      rgba.slice(0, 0, 3).to(at::kInt).mul(alpha).add(127).floor_divide(255).to(at::kByte);
  return at::cat({colors, alpha}).contiguous();
}

std::filesystem::path path_below(const std::filesystem::path& folder, const std::string& relative,
                                 const std::filesystem::path& file) {
  const std::filesystem::path path(relative);
  const bool leaves = std::find(path.begin(), path.end(), "..") != path.end();
  if (relative.empty() || path.is_absolute() || leaves) {
    throw DataError(file, "cutouts: expected a path below the folder, got '" + relative + "'");
  }
  return folder / path;
}

}  // namespace

StartCutouts StartCutouts::from_folder(const std::filesystem::path& folder) {
  StartCutouts cutouts;
  const std::filesystem::path file = folder / "vocabulary.json";
  if (!std::filesystem::exists(file)) return cutouts;
  try {
    const nlohmann::json json = load_json(file);
    for (const nlohmann::json& name : json.at("names")) {
      if (!name.contains("cutouts")) continue;
      Object object;
      object.airborne = name.value("airborne", false);
      for (const nlohmann::json& phrase : name.at("phrases")) {
        object.phrases.push_back(normalized_prompt(phrase.get<std::string>()));
      }
      for (const nlohmann::json& path : name.at("cutouts")) {
        object.premultiplied.push_back(
            premultiplied(load_image_rgba(path_below(folder, path.get<std::string>(), file))));
      }
      if (!object.premultiplied.empty()) cutouts.objects_.push_back(std::move(object));
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file, error.what());
  }
  return cutouts;
}

const StartCutouts::Object* StartCutouts::find(std::string_view prompt) const {
  const std::string clean = normalized_prompt(prompt);
  const Object* found = nullptr;
  std::size_t longest = 0;
  for (const Object& object : objects_) {
    for (const std::string& phrase : object.phrases) {
      if (phrase.size() <= longest || !stands_in(phrase, clean)) continue;
      longest = phrase.size();
      found = &object;
    }
  }
  return found;
}

at::Tensor StartCutouts::start(const at::Tensor& picture, const at::Tensor& hole,
                               std::string_view prompt, uint64_t seed) const {
  const Object* object = find(prompt);
  const std::optional<Box> box = bounding_box(hole);
  if (object == nullptr || !box) return picture;
  Random random(derive_seed(seed, "start cutout", 0, 0));
  const auto count = static_cast<int64_t>(object->premultiplied.size());
  const at::Tensor& chosen =
      object->premultiplied[static_cast<std::size_t>(random.integer(0, count))];
  CutoutPlacement placement = kStanding;
  placement.airborne = object->airborne;
  at::Tensor composed = picture.contiguous().clone();
  place_cutout_(composed, *box, chosen, placement, random);
  return composed;
}

}  // namespace situ
