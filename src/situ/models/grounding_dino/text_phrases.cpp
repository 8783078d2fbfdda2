// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/text_phrases.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// [CLS], [SEP], "." and "?" of bert-base-uncased.
constexpr std::array<int64_t, 4> kMarks = {101, 102, 1012, 1029};

bool is_mark(int64_t token) {
  return std::find(kMarks.begin(), kMarks.end(), token) != kMarks.end();
}

}  // namespace

TextPhrases text_phrases(const at::Tensor& token_ids) {
  check_shape(token_ids, {"B", "T"}, "text_phrases: token_ids");
  check_dtype(token_ids, at::kLong, "text_phrases: token_ids");
  const at::Tensor tokens = token_ids.cpu().contiguous();
  const int64_t batch = tokens.size(0), length = tokens.size(1);
  const at::Tensor attention =
      at::eye(length, at::kBool).unsqueeze(0).repeat({batch, 1, 1});  // [B, T, T]
  const at::Tensor positions = at::zeros({batch, length}, at::kLong);
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t* row = tokens.const_data_ptr<int64_t>() + b * length;
    int64_t first = 0;  // of the phrase
    for (int64_t i = 0; i < length; ++i) {
      if (!is_mark(row[i])) continue;
      if (i > 0 && i + 1 < length) {
        const int64_t count = i + 1 - first;
        attention[b].narrow(0, first, count).narrow(1, first, count).fill_(true);
        positions[b].narrow(0, first, count).copy_(at::arange(count, at::kLong));
      }
      first = i + 1;
    }
  }
  return {attention.to(token_ids.device()), positions.to(token_ids.device())};
}

}  // namespace situ
