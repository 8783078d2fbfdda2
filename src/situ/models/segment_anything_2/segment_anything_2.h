// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/models/segment_anything/sam_prompt_decoder.h"
#include "situ/models/segment_anything_2/hiera.h"
#include "situ/models/segment_anything_2/sam2_config.h"

namespace situ {

/// The image part of SAM 2 (Ravi et al. 2024), as transformers' Sam2Model. Keys are those of its
/// files for the encoder, and SegmentAnything's for prompts and masks.
class SegmentAnything2Impl : public torch::nn::Module {
 public:
  explicit SegmentAnything2Impl(const Sam2Config& config);

  /// pixels: [1, 3, image_size, image_size], normalised.
  SamImageFeatures encode_image(const at::Tensor& pixels);
  /// See SamPromptDecoder::decode.
  SamMasks decode(const SamImageFeatures& image, const SamPrompts& prompts, bool multimask) {
    return decoder_.decode(image, prompts, multimask);
  }
  const Sam2Config& config() const { return config_; }

 private:
  Sam2Config config_;
  Hiera backbone_{nullptr};
  std::vector<Conv2d> laterals_;  // of the stages, the last one first
  at::Tensor no_memory_;          // [1, 1, D]: there are no frames before
  SamPromptDecoder decoder_;
};
TORCH_MODULE(SegmentAnything2);

}  // namespace situ
