// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <vector>

#include "situ/models/stable_diffusion/resnet_block.h"
#include "situ/models/stable_diffusion/spatial_transformer.h"
#include "situ/models/stable_diffusion/unet_config.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// What a block of the UNet is made of; `attention` decides between the plain and the CrossAttn
/// type.
struct UNetBlockOptions {
  std::vector<ResnetBlockOptions> resnets = {};
  bool attention = false;
  SpatialTransformerOptions transformer;
  bool resample = false;  // a downsampler or upsampler at its end
};

/// DownBlock2D and CrossAttnDownBlock2D.
class UNetDownBlockImpl : public torch::nn::Module {
 public:
  explicit UNetDownBlockImpl(const UNetBlockOptions& options);
  /// Appends what every layer gave to `skips` and returns the last.
  at::Tensor forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                     std::vector<at::Tensor>& skips);

 private:
  TypedModuleList<SpatialTransformer> attentions_;
  TypedModuleList<ResnetBlock> resnets_;
  TypedModuleList<Downsample> downsamplers_;
};
TORCH_MODULE(UNetDownBlock);

/// UNetMidBlock2DCrossAttn with one layer: resnet, attention, resnet.
class UNetMidBlockImpl : public torch::nn::Module {
 public:
  UNetMidBlockImpl(const ResnetBlockOptions& resnet, const SpatialTransformerOptions& transformer);
  at::Tensor forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text);

 private:
  TypedModuleList<SpatialTransformer> attentions_;
  TypedModuleList<ResnetBlock> resnets_;
};
TORCH_MODULE(UNetMidBlock);

/// UpBlock2D and CrossAttnUpBlock2D.
class UNetUpBlockImpl : public torch::nn::Module {
 public:
  explicit UNetUpBlockImpl(const UNetBlockOptions& options);
  /// Takes the newest of `skips` for each layer, and enlarges to the size of the next one.
  at::Tensor forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                     std::vector<at::Tensor>& skips);

  /// The two parts of forward: all layers but the last, and the last one.
  at::Tensor before_last_layer(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                               std::vector<at::Tensor>& skips);
  at::Tensor last_layer(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                        std::vector<at::Tensor>& skips);

 private:
  at::Tensor layer(std::size_t i, at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                   std::vector<at::Tensor>& skips);

  TypedModuleList<SpatialTransformer> attentions_;
  TypedModuleList<ResnetBlock> resnets_;
  TypedModuleList<Upsample> upsamplers_;
};
TORCH_MODULE(UNetUpBlock);

/// linear_1, SiLU, linear_2; with a `condition_channels` above 0, cond_proj of a condition is added
/// to the features first.
class TimeEmbeddingImpl : public torch::nn::Module {
 public:
  TimeEmbeddingImpl(int64_t in_channels, int64_t channels, int64_t condition_channels = 0);
  at::Tensor forward(const at::Tensor& features, const at::Tensor& condition = {});

 private:
  Linear linear_1_, linear_2_;
  Linear cond_proj_{nullptr};
};
TORCH_MODULE(TimeEmbedding);

/// What the denoiser knows beside the noisy sample and its time.
struct UNetCondition {
  at::Tensor text = {};         // [B, T, D_text]
  at::Tensor pooled_text = {};  // SDXL: [B, D_pooled]
  at::Tensor time_ids = {};     // SDXL: [B, 6] heights, widths and positions [px], or [B, 5]
  at::Tensor guidance = {};     // latent consistency: [B, time_cond_proj_dim]
};

/// What all layers but the last one made of a sample. From one step to the next it changes little,
/// so that steps may share it (DeepCache, Ma et al. 2024).
struct DeepFeatures {
  at::Tensor features;  // [B, C, h, w]; undefined: not computed yet
};

/// The denoiser of Stable Diffusion (Rombach et al. 2022), with the keys of diffusers'
/// UNet2DConditionModel.
class UNetImpl : public torch::nn::Module {
 public:
  explicit UNetImpl(const UNetConfig& config);

  /// Predicts the noise (or v, or the sample). sample: [B, in, h, w]; timesteps: [B]. Returns
  /// [B, out, h, w] in the dtype of `sample`. Throws std::invalid_argument where the condition
  /// lacks what the network was made for.
  /// shared: features that are there already stand in for all layers but the last, which changes
  /// the result; where there are none, they are left there.
  at::Tensor forward(const at::Tensor& sample, const at::Tensor& timesteps,
                     const UNetCondition& condition, DeepFeatures* shared = nullptr);

  const UNetConfig& config() const { return config_; }

 private:
  void add_down_blocks();
  void add_up_blocks();
  at::Tensor embedded_time(const at::Tensor& timesteps, const UNetCondition& condition,
                           at::ScalarType dtype);
  ResnetBlockOptions resnet(int64_t in_channels, int64_t out_channels) const;
  SpatialTransformerOptions transformer(std::size_t level) const;

  UNetConfig config_;
  Conv2d conv_in_{nullptr};
  TimeEmbedding time_embedding_{nullptr};
  TimeEmbedding add_embedding_{nullptr};
  TypedModuleList<UNetDownBlock> down_blocks_;
  UNetMidBlock mid_block_{nullptr};
  TypedModuleList<UNetUpBlock> up_blocks_;
  torch::nn::GroupNorm conv_norm_out_{nullptr};
  Conv2d conv_out_{nullptr};
};
TORCH_MODULE(UNet);

}  // namespace situ
