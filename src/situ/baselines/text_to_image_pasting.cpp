// SPDX-License-Identifier: Apache-2.0
#include "situ/baselines/text_to_image_pasting.h"

#include <ATen/ATen.h>

#include "situ/baselines/paste_object.h"
#include "situ/core/interrupt.h"

namespace situ {

Insertion TextToImagePaster::attempt(const at::Tensor& scene, const PlannedInsertion& planned,
                                     uint64_t seed) const {
  const RecipeMethod& method = recipe_.method;
  const RecipeObject& object = *planned.object;
  const at::Tensor picture = painter_.imagine(planned.prompt, object.insertion.inpainting, seed);
  at::Tensor mask = at::zeros({picture.size(1), picture.size(2)}, at::kBool);
  double score = 0;
  for (const Detection& one : segmenter_.segment(picture, object.parts.front().find)) {
    mask |= one.mask;
    score = std::max(score, one.score);
  }
  const int64_t area = mask.sum().item<int64_t>();
  if (area <= method.min_object_area) {
    return not_pasted(scene, area == 0 ? Outcome::kNotDetected : Outcome::kTooSmall,
                      "the picture shows " + std::to_string(area) + " pixels of '" +
                          object.parts.front().find + "', not more than " +
                          std::to_string(method.min_object_area),
                      seed);
  }
  // From the margin on, the far end excluded, as NumPy's randint draws for the original.
  const int64_t rows = scene.size(1) - picture.size(1) - method.paste_margin;
  const int64_t columns = scene.size(2) - picture.size(2) - method.paste_margin;
  if (rows <= method.paste_margin || columns <= method.paste_margin) {
    return not_pasted(scene, Outcome::kNoRoom, "the picture does not fit between the margins",
                      seed);
  }
  Random random(seed);
  const int64_t top = random.integer(method.paste_margin, rows);
  const int64_t left = random.integer(method.paste_margin, columns);
  const bool whole = method.kind == MethodKind::kTextToImageFull;
  Insertion insertion =
      paste_object(scene, picture, whole ? at::ones_like(mask) : mask, mask, top, left, seed);
  insertion.annotation->score = score;
  return insertion;
}

Insertion TextToImagePaster::insert(const at::Tensor& scene, const PlannedInsertion& planned,
                                    const InsertionSeed& seed) const {
  std::vector<Attempt> attempts;
  Insertion insertion;
  for (int64_t i = 0; i < planned.object->insertion.max_attempts; ++i) {
    throw_if_interrupted();
    insertion = attempt(scene, planned, attempt_seed(seed, i, Compat::kNone));
    attempts.push_back(insertion.attempts.back());
    if (insertion.status == InsertionStatus::kInserted) break;
  }
  insertion.attempts = std::move(attempts);
  return insertion;
}

MadeSample TextToImagePaster::make(const PlannedSample& planned, const SampleSource& source) const {
  MadeSample made{.image = source.scene, .objects = {}};
  for (size_t k = 0; k < planned.objects.size(); ++k) {
    made.objects.push_back(insert(
        made.image, planned.objects[k],
        {.run = static_cast<uint64_t>(recipe_.plan.seed), .sample = planned.id, .object = k}));
    made.image = made.objects.back().image;
  }
  return made;
}

}  // namespace situ
