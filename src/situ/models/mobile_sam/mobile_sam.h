// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/models/mobile_sam/tiny_vit.h"
#include "situ/models/segment_anything/sam_prompt_decoder.h"

namespace situ {

struct MobileSamConfig {
  TinyVitConfig vision;
  /// As the original code has them, which is the only one.
  SamPromptConfig prompt = {.layer_norm_eps = 1e-5};
};

/// MobileSAM (Zhang et al. 2023): Segment Anything with a small image encoder. Keys are its
/// authors' within `vision_encoder` (their `image_encoder`), and SegmentAnything's elsewhere.
class MobileSamImpl : public torch::nn::Module {
 public:
  explicit MobileSamImpl(const MobileSamConfig& config)
      : config_(config),
        encoder_(register_module("vision_encoder", TinyVit(config.vision))),
        decoder_(*this, config.prompt) {}

  /// pixels: [1, 3, image_size, image_size], normalised; returns [1, output_channels, grid, grid].
  at::Tensor encode_image(const at::Tensor& pixels) { return encoder_(pixels); }
  /// See SamPromptDecoder::decode.
  SamMasks decode(const at::Tensor& embedding, const SamPrompts& prompts, bool multimask) {
    return decoder_.decode({.embedding = embedding}, prompts, multimask);
  }
  const MobileSamConfig& config() const { return config_; }

 private:
  MobileSamConfig config_;
  TinyVit encoder_;
  SamPromptDecoder decoder_;
};
TORCH_MODULE(MobileSam);

}  // namespace situ
