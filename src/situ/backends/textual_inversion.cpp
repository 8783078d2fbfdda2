// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/textual_inversion.h"

#include <ATen/ATen.h>

#include "situ/backends/model_files.h"
#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// Longer ones would not fit between start and end of a text.
constexpr int64_t kMostVectors = 75;

// [n, D]; a single vector may come as [D].
at::Tensor vectors_from(const at::Tensor& tensor, const std::string& key, const std::string& file) {
  const at::Tensor vectors = tensor.dim() == 1 ? tensor.unsqueeze(0) : tensor;
  if (vectors.dim() != 2 || vectors.numel() == 0 || vectors.size(0) > kMostVectors ||
      !vectors.is_floating_point()) {
    throw DataError(file, "tensor \"" + key + "\": expected 1 to " + std::to_string(kMostVectors) +
                              " vectors, [n, D] or [D], got " + shape_text(tensor));
  }
  return vectors;
}

}  // namespace

TextualInversion load_textual_inversion(const TextualInversionFile& from) {
  const std::string file = from.path.string();
  const StateDict state = load_weights_file(from.path);
  require_finite(state, file);
  TextualInversion word{.token = from.token, .vectors = {}, .file = file};
  const auto append = [&](const std::string& key) {
    word.vectors.push_back(vectors_from(state.at(key), key, file));
  };
  std::string token = from.path.stem().string();
  if (state.contains("clip_l") && state.contains("clip_g")) {
    append("clip_l");
    append("clip_g");
    if (word.vectors[0].size(0) != word.vectors[1].size(0)) {
      throw DataError(file, "clip_l and clip_g: expected as many vectors each, got " +
                                shape_text(word.vectors[0]) + " and " +
                                shape_text(word.vectors[1]));
    }
  } else if (state.size() == 1) {
    const std::string& key = state.begin()->first;
    append(key);
    // "*" is what the web UI calls every word.
    if (key != "emb_params" && key != "*") token = key;
  } else {
    throw DataError(file,
                    "expected the vectors of one word ({token: vectors}, emb_params, or clip_l and "
                    "clip_g), got " +
                        std::to_string(state.size()) + " tensors");
  }
  if (word.token.empty()) word.token = token;
  return word;
}

}  // namespace situ
