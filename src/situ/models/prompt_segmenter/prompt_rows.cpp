// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/prompt_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace situ {

at::Tensor prompt_rows(const std::vector<std::vector<int64_t>>& texts, int64_t start_id,
                       const PromptSegmenterConfig& config) {
  const int64_t length = config.text.max_position_embeddings;
  const auto checked = [&](int64_t id) {
    if (id >= 0 && id < config.text.vocab_size) return id;
    throw std::invalid_argument("prompt_rows: expected a token id from 0 to " +
                                std::to_string(config.text.vocab_size - 1) + ", got " +
                                std::to_string(id));
  };
  at::Tensor rows =
      at::full({static_cast<int64_t>(texts.size()), length}, config.end_of_text_id, at::kLong);
  int64_t* row = rows.mutable_data_ptr<int64_t>();
  for (const std::vector<int64_t>& text : texts) {
    row[0] = checked(start_id);
    const int64_t kept = std::min(static_cast<int64_t>(text.size()), length - 2);
    for (int64_t i = 0; i < kept; ++i) row[1 + i] = checked(text[i]);
    row += length;
  }
  return rows;
}

}  // namespace situ
