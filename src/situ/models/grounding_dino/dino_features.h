// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "situ/nn/deformable_attention.h"

namespace situ {

/// What Grounding DINO needs of pictures, whatever the prompt; D is d_model, L the count of levels,
/// N the places of all levels together.
struct ImageFeatures {
  std::vector<FeatureLevel> levels;
  at::Tensor features = {};   // [B, N, D]
  at::Tensor positions = {};  // [B or 1, N, D], with the embedding of the level
  at::Tensor padding = {};    // bool [B, N], true where there is no picture; undefined: nowhere
  at::Tensor valid_ratios =
      {};  // float32 [B, L, 2]: the picture's share of the map's width and height
  at::Tensor reference = {};  // float32 [B, N, L, 2]: where each place is in each level, x and y
};

/// What it needs of prompts, whatever the picture; T is the count of tokens.
struct TextFeatures {
  at::Tensor features = {};   // [B, T, D]
  at::Tensor positions = {};  // [B, T, D], within the phrase
  at::Tensor hidden = {};     // bool [B, T, T]: which token (row) must not see which
  at::Tensor padding = {};    // bool [B, T]; undefined: nowhere
};

/// Where each place of pictures is, in all levels, in the coordinates of the padded picture:
/// float32 [B, N, L, 2].
at::Tensor place_references(const std::vector<FeatureLevel>& levels,
                            const at::Tensor& valid_ratios);

/// The share of each map that is picture: float32 [B, L, 2], of width and height. padding: bool
/// [B, H, W] of each level, true where there is no picture.
at::Tensor valid_ratios(const std::vector<at::Tensor>& padding);

}  // namespace situ
