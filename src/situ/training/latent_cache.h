// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/training/composition/crop_composer.h"

namespace situ {

/// Composed crops as latents, encoded once and used many times.
struct LatentBatch {
  at::Tensor latents;          // float [B, C, h, w], of the crop
  at::Tensor masked_latents;   // float [B, C, h, w], of the crop with a grey hole
  at::Tensor mask;             // float [B, 1, h, w], 1 = hole
  at::Tensor object;           // float [B, 1, h, w], share of object pixels
  std::vector<int64_t> names;  // vocabulary index, or -1 where nothing was inserted
};

/// `size` composed crops, encoded at construction or read from `file` when it holds the same ones
/// (`identity` says what they depend on). Memory-mapped, so that its size is no matter of memory.
class LatentCache {
 public:
  LatentCache(const CropComposer& composer, Autoencoder& autoencoder, int64_t size,
              const std::filesystem::path& file, const std::string& identity);

  int64_t size() const { return latents_.size(0); }
  LatentBatch batch(const std::vector<int64_t>& indices) const;

 private:
  at::Tensor latents_, masked_latents_, mask_, object_, names_;
};

}  // namespace situ
