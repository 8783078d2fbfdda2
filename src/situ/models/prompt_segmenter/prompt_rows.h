// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "situ/models/prompt_segmenter/prompt_segmenter_config.h"

namespace situ {

/// Prompts as the network reads them: start, text (cut where it is too long), end, and ends as
/// padding. texts: the token ids of each text alone. Returns int64 [K, max_position_embeddings].
/// Throws std::invalid_argument when an id lies outside the network's vocabulary.
at::Tensor prompt_rows(const std::vector<std::vector<int64_t>>& texts, int64_t start_id,
                       const PromptSegmenterConfig& config);

}  // namespace situ
