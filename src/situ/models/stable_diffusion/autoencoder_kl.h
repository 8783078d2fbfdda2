// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/normalization.h>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/resnet_block.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// What shapes diffusers' AutoencoderKL. One entry per level, finest first.
struct AutoencoderKlConfig {
  int64_t in_channels = 3;
  int64_t out_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> block_out_channels = {128, 256, 512, 512};
  int64_t layers_per_block = 2;
  int64_t norm_num_groups = 32;
  double scaling_factor = 0.18215;
  int64_t sample_size = 32;  // side of the pictures that it was made for [px], and of its tiles

  static AutoencoderKlConfig from_json(const nlohmann::json& json, const std::string& file);
};

/// A normal distribution a latent pixel. Both [B, C, h, w].
struct LatentDistribution {
  at::Tensor mean;
  at::Tensor standard_deviation;
  at::Tensor sample(at::Generator generator) const;
};

/// Single-head attention over the pixels (keys group_norm, to_q, to_k, to_v, to_out.0).
class PixelAttentionImpl : public torch::nn::Module {
 public:
  PixelAttentionImpl(int64_t channels, int64_t groups);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::GroupNorm group_norm_;
  Linear to_q_, to_k_, to_v_;
  Linear to_out_{nullptr};
};
TORCH_MODULE(PixelAttention);

/// A level of the encoder or decoder: resnets, then at most one resampler.
class AutoencoderLevelImpl : public torch::nn::Module {
 public:
  enum class Resampling { kNone, kDown, kUp };
  AutoencoderLevelImpl(int64_t in_channels, int64_t out_channels, int64_t layers, int64_t groups,
                       Resampling resampling);
  at::Tensor forward(at::Tensor x);

 private:
  TypedModuleList<ResnetBlock> resnets_;
  Downsample downsample_{nullptr};
  Upsample upsample_{nullptr};
};
TORCH_MODULE(AutoencoderLevel);

/// Resnet, attention, resnet at the coarsest level.
class AutoencoderMidBlockImpl : public torch::nn::Module {
 public:
  AutoencoderMidBlockImpl(int64_t channels, int64_t groups);
  at::Tensor forward(at::Tensor x);

 private:
  TypedModuleList<PixelAttention> attentions_;
  TypedModuleList<ResnetBlock> resnets_;
};
TORCH_MODULE(AutoencoderMidBlock);

/// The variational autoencoder of Stable Diffusion (Rombach et al. 2022).
class AutoencoderKlImpl : public torch::nn::Module {
 public:
  explicit AutoencoderKlImpl(const AutoencoderKlConfig& config);
  /// image: [B, 3, H, W] in [-1, 1]. Unscaled latents [B, C, H/f, W/f].
  LatentDistribution encode(const at::Tensor& image);
  /// Unscaled latents to [B, 3, h*f, w*f].
  at::Tensor decode(const at::Tensor& latents);
  const AutoencoderKlConfig& config() const { return config_; }
  /// Pixels a latent pixel.
  int64_t factor() const;

  /// From now on, pictures larger than sample_size are taken tile by tile: another result, in less
  /// memory.
  void use_tiles() { tiled_ = true; }

 private:
  at::Tensor moments(const at::Tensor& image);  // mean and log variance: [B, 2C, H/f, W/f]
  at::Tensor decode_whole(const at::Tensor& latents);

  /// Encoder and decoder share the parts; the order in which forward uses them differs.
  struct Half {
    Half(torch::nn::Module& owner, const std::string& name, const std::string& levels_name);
    std::shared_ptr<torch::nn::Module> scope;
    Conv2d conv_in{nullptr};
    TypedModuleList<AutoencoderLevel> levels;
    AutoencoderMidBlock mid_block{nullptr};
    torch::nn::GroupNorm conv_norm_out{nullptr};
    Conv2d conv_out{nullptr};
  };
  void add_encoder();
  void add_decoder();

  AutoencoderKlConfig config_;
  bool tiled_ = false;
  Half encoder_, decoder_;
  Conv2d quant_conv_{nullptr}, post_quant_conv_{nullptr};
};
TORCH_MODULE(AutoencoderKl);

}  // namespace situ
