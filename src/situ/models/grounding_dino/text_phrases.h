// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace situ {

/// Which tokens of a caption see each other, and where in their phrase they stand.
struct TextPhrases {
  at::Tensor attention;  // bool [B, T, T]: row may see column
  at::Tensor positions;  // int64 [B, T]: 0, 1, … within each phrase
};

/// Cuts captions into phrases at BERT's [CLS], [SEP], "." and "?": tokens see only their own phrase
/// with the mark that ends it. What no mark inside the caption ends sees only itself, at position
/// 0, and so do a mark at the first and at the last place.
/// token_ids: int64 [B, T]. Source: GroundingDINO, bertwarper.py,
/// generate_masks_with_special_tokens_and_transfer_map.
TextPhrases text_phrases(const at::Tensor& token_ids);

}  // namespace situ
