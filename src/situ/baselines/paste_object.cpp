// SPDX-License-Identifier: Apache-2.0
#include "situ/baselines/paste_object.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

at::Tensor in_scene(const at::Tensor& mask, const Box& place, const at::Tensor& scene) {
  at::Tensor whole = at::zeros({scene.size(1), scene.size(2)}, at::kBool);
  whole.slice(0, place.y0, place.y1).slice(1, place.x0, place.x1).copy_(mask);
  return whole;
}

}  // namespace

Insertion paste_object(const at::Tensor& scene, const at::Tensor& patch, const at::Tensor& shown,
                       const at::Tensor& object, int64_t top, int64_t left, uint64_t seed) {
  check_image(scene, "paste_object: scene");
  check_image(patch, "paste_object: patch");
  check_mask(shown, "paste_object: shown");
  check_mask(object, "paste_object: object");
  const Box place{left, top, left + patch.size(2), top + patch.size(1)};
  const Box image{0, 0, scene.size(2), scene.size(1)};
  if (intersection(place, image) != place || shown.sizes() != patch.sizes().slice(1) ||
      object.sizes() != shown.sizes()) {
    throw std::invalid_argument(
        "paste_object: expected a patch inside the scene and masks of its "
        "size, got " +
        shape_text(patch) + " at " + std::to_string(left) + "," + std::to_string(top) + " in " +
        shape_text(scene));
  }
  Insertion insertion;
  insertion.status = InsertionStatus::kInserted;
  insertion.image = scene.clone();
  insertion.image.slice(1, place.y0, place.y1)
      .slice(2, place.x0, place.x1)
      .copy_(
          at::where(shown, patch, scene.slice(1, place.y0, place.y1).slice(2, place.x0, place.x1)));
  insertion.region = place;
  insertion.alpha = in_scene(shown, place, scene).to(at::kDouble);
  Annotation found;
  found.mask = in_scene(object, place, scene);
  found.box = bounding_box(found.mask).value_or(Box{});
  found.score = 1;
  found.area_px = found.mask.sum().item<int64_t>();
  insertion.parts = {found.mask};
  insertion.annotation = std::move(found);
  insertion.attempts = {{.outcome = Outcome::kInserted, .seed = seed, .region = place}};
  return insertion;
}

Insertion not_pasted(const at::Tensor& scene, Outcome outcome, const std::string& reason,
                     uint64_t seed) {
  Insertion insertion;
  insertion.status = status_of(outcome);
  insertion.image = scene;
  insertion.attempts = {{.outcome = outcome, .reason = reason, .seed = seed}};
  return insertion;
}

}  // namespace situ
