// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/timestep_embedding.h"

#include <ATen/ATen.h>

#include <cmath>

namespace situ {

at::Tensor timestep_embedding(const at::Tensor& timesteps, std::int64_t width,
                              const TimestepEmbeddingOptions& options) {
  const std::int64_t half = width / 2;
  const at::Tensor index = at::arange(half, timesteps.options().dtype(at::kFloat));
  const at::Tensor frequency =
      at::exp(-std::log(10000.0) * index / (static_cast<double>(half) - options.freq_shift));
  const at::Tensor angle =
      timesteps.to(at::kFloat).unsqueeze(1) * frequency.unsqueeze(0);  // [B, half]
  at::Tensor embedding = options.cosine_first ? at::cat({angle.cos(), angle.sin()}, 1)
                                              : at::cat({angle.sin(), angle.cos()}, 1);
  if (width % 2 == 1) embedding = at::constant_pad_nd(embedding, {0, 1});
  return embedding;
}

}  // namespace situ
