// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

struct TimestepEmbeddingOptions {
  bool cosine_first = true;  // diffusers: flip_sin_to_cos
  double freq_shift = 0;     // subtracted from the number of frequencies in the exponent's divisor
};

/// Sinusoidal features of diffusion time. timesteps: [B] (any number type); returns float [B,
/// width]. Source: DDPM (Ho et al. 2020) as diffusers' `get_timestep_embedding` computes it, in
/// float32.
at::Tensor timestep_embedding(const at::Tensor& timesteps, std::int64_t width,
                              const TimestepEmbeddingOptions& options);

}  // namespace situ
