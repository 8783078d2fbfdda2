// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "situ/models/grounding_dino/image_preparation.h"

namespace situ {

struct DetectionThresholds {
  double box = 0.3;    // of a query's best token
  double text = 0.25;  // of each token of its phrase
};

/// One query that found something.
struct TokenDetection {
  float score = 0;                   // of its best token, in [0, 1]
  std::array<float, 4> box_xyxy{};   // in pixels of the picture; may reach over its border
  std::vector<std::int64_t> places;  // of the phrase's tokens in the prompt, ascending
};

/// The queries whose best token's score is above (not at) `thresholds.box`, in the order of the
/// queries; no overlap is removed.
///
/// logits: float32 [Q, T'], before the sigmoid, -infinity behind the prompt; boxes: float32 [Q, 4],
/// cxcywh in [0, 1]; image: the size that boxes are scaled to; tokens: count of the prompt's.
/// A phrase is the tokens above `thresholds.text`: of the original's all, even [CLS], "." and
/// [SEP]; of transformers' all but the first place and the last of T'. (transformers decodes them
/// together, and so does the original.) Corners are computed with the roundings of each.
/// Source: GroundingDINO's inference as POC runs it; transformers, processing_grounding_dino.py.
/// Throws std::invalid_argument for other shapes and for thresholds outside [0, 1].
std::vector<TokenDetection> select_detections(const at::Tensor& logits, const at::Tensor& boxes,
                                              std::int64_t tokens, const DinoImageSize& image,
                                              const DetectionThresholds& thresholds,
                                              DinoProcessing processing);

/// The ids at the places of a phrase. Throws std::invalid_argument for a place behind the prompt.
std::vector<std::int64_t> phrase_tokens(const TokenDetection& detection,
                                        std::span<const std::int64_t> token_ids);

}  // namespace situ
