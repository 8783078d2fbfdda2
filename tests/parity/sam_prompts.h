// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "parity/seeded_weights.h"
#include "situ/models/segment_anything/sam_prompt_decoder.h"

namespace situ {

/// The prompts of a fixture: "boxes", "points" or "both".
inline SamPrompts fixture_prompts(const ParityFixture& fixture, const std::string& which) {
  SamPrompts prompts;
  if (which != "points") prompts.boxes = fixture["boxes"];
  if (which != "boxes") {
    prompts.points = fixture["points"];
    prompts.labels = fixture["labels"];
  }
  return prompts;
}

inline void expect_masks(const SamMasks& got, const ParityFixture& fixture, const std::string& key,
                         double tolerance) {
  expect_near(got.logits, fixture[key + ".logits"], tolerance, key + ".logits");
  expect_near(got.predicted_iou, fixture[key + ".iou"], tolerance, key + ".iou");
}

}  // namespace situ
