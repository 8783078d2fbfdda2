// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/models/segment_anything/sam_config.h"
#include "situ/models/segment_anything/sam_image_encoder.h"
#include "situ/models/segment_anything/sam_prompt_decoder.h"

namespace situ {

/// Segment Anything (Kirillov et al. 2023), as transformers' SamModel, with the keys of its files.
/// The image is encoded once; each prompt costs the small decoder alone.
class SegmentAnythingImpl : public torch::nn::Module {
 public:
  explicit SegmentAnythingImpl(const SamConfig& config)
      : config_(config),
        encoder_(register_module("vision_encoder", SamImageEncoder(config.vision))),
        decoder_(*this, config.prompt) {}

  /// pixels: [1, 3, image_size, image_size], normalised; returns [1, output_channels, grid, grid].
  at::Tensor encode_image(const at::Tensor& pixels) { return encoder_(pixels); }
  /// See SamPromptDecoder::decode.
  SamMasks decode(const at::Tensor& embedding, const SamPrompts& prompts, bool multimask) {
    return decoder_.decode({.embedding = embedding}, prompts, multimask);
  }
  const SamConfig& config() const { return config_; }

 private:
  SamConfig config_;
  SamImageEncoder encoder_;
  SamPromptDecoder decoder_;
};
TORCH_MODULE(SegmentAnything);

}  // namespace situ
