// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/start_cutouts.h"

#include <ATen/ATen.h>

#include <optional>

#include "situ/core/random.h"
#include "situ/imaging/box.h"
#include "situ/imaging/cutout_placement.h"
#include "situ/imaging/paste.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

// The object fills the hole, unturned: the light and the edges are the model's part.
constexpr CutoutPlacement kStanding{.min_fill = 0.97, .max_rotation_deg = 0, .aspect_jitter = 0};

}  // namespace

StartCutouts::StartCutouts(std::span<const PromptName> names) {
  for (const PromptName& name : names) {
    if (name.cutouts.empty()) continue;
    Object& object = objects_.emplace_back();
    object.phrases = name.phrases;
    object.airborne = name.airborne;
    for (const std::filesystem::path& path : name.cutouts) {
      object.premultiplied.push_back(premultiplied(load_image_rgba(path)));
    }
  }
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
