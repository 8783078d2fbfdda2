// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "situ/nn/layers.h"

namespace situ {

/// What shapes diffusers' AutoencoderTiny (the TAESD layout). One entry per level, finest first in
/// the encoder and coarsest first in the decoder.
struct AutoencoderTinyConfig {
  int64_t in_channels = 3;
  int64_t out_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> encoder_block_out_channels = {64, 64, 64, 64};
  std::vector<int64_t> decoder_block_out_channels = {64, 64, 64, 64};
  std::vector<int64_t> num_encoder_blocks = {1, 3, 3, 3};
  std::vector<int64_t> num_decoder_blocks = {3, 3, 3, 1};
  double scaling_factor = 1.0;

  static AutoencoderTinyConfig from_json(const nlohmann::json& json, const std::string& file);
};

/// Three 3x3 convolutions with ReLU and a residual (keys conv.0, conv.2, conv.4, skip).
class AutoencoderTinyBlockImpl : public torch::nn::Module {
 public:
  AutoencoderTinyBlockImpl(int64_t in_channels, int64_t out_channels);
  at::Tensor forward(const at::Tensor& x);

 private:
  Conv2d conv0_{nullptr}, conv2_{nullptr}, conv4_{nullptr}, skip_{nullptr};
};
TORCH_MODULE(AutoencoderTinyBlock);

/// A small convolutional autoencoder without a distribution (TAESD, Ollin Boer Bohan).
class AutoencoderTinyImpl : public torch::nn::Module {
 public:
  explicit AutoencoderTinyImpl(const AutoencoderTinyConfig& config);
  /// [B, 3, H, W] in [-1, 1] -> latents [B, C, H/f, W/f].
  at::Tensor encode(const at::Tensor& image);
  /// Latents [B, C, h, w] -> [B, 3, h*f, w*f], about [-1, 1].
  at::Tensor decode(const at::Tensor& latents);
  const AutoencoderTinyConfig& config() const { return config_; }

 private:
  /// One position of a `layers` list; exactly one member is set, or none for a step without
  /// weights.
  struct Layer {
    Conv2d conv{nullptr};
    AutoencoderTinyBlock block{nullptr};
    bool upsample = false;
    bool relu = false;
  };
  static at::Tensor run(std::vector<Layer>& layers, at::Tensor x);
  void add_encoder();
  void add_decoder();

  AutoencoderTinyConfig config_;
  std::vector<Layer> encoder_, decoder_;
};
TORCH_MODULE(AutoencoderTiny);

}  // namespace situ
