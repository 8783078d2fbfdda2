// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/tasks/text_to_image.h"

namespace situ {

/// Stable Diffusion 1, 2 and XL as a maker of pictures of their own size.
class StableDiffusionTextToImage : public TextToImage {
 public:
  /// Throws FileError or DataError naming file and reason.
  StableDiffusionTextToImage(const std::filesystem::path& model, const Compute& compute)
      : pipeline_(model, compute) {}

  at::Tensor imagine(const std::string& prompt, const InpaintingOptions& options,
                     uint64_t seed) override;

 private:
  StableDiffusionPipeline pipeline_;
};

}  // namespace situ
