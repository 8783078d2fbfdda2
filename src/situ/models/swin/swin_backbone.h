// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <vector>

#include "situ/models/swin/swin_config.h"
#include "situ/models/swin/swin_windows.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// A block that attends within windows, moved by half a window or not.
class SwinBlockImpl : public torch::nn::Module {
 public:
  SwinBlockImpl(const SwinConfig& config, std::int64_t channels, std::int64_t heads);
  /// x: [B, H * W, C]; windows: of H x W.
  at::Tensor forward(at::Tensor x, const SwinWindows& windows);

 private:
  at::Tensor attend(const at::Tensor& windows, const SwinWindows& layout);
  at::Tensor position_bias(const SwinWindows& layout, at::ScalarType dtype);

  std::int64_t heads_;
  torch::nn::LayerNorm norm_before_{nullptr}, norm_after_{nullptr};
  Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, attention_output_{nullptr};
  Linear intermediate_{nullptr}, output_{nullptr};
  at::Tensor bias_table_;      // [(2 w - 1)^2, heads]
  at::Tensor position_index_;  // int64 [w^2 * w^2], on the CPU
};
TORCH_MODULE(SwinBlock);

/// Blocks of one size; between stages 2 x 2 tokens become one of twice the channels.
class SwinStageImpl : public torch::nn::Module {
 public:
  SwinStageImpl(const SwinConfig& config, std::int64_t stage);
  /// x: [B, H * W, C] to the same shape.
  at::Tensor forward(at::Tensor x, std::int64_t height, std::int64_t width);
  /// [B, H * W, C] to [B, ceil(H / 2) * ceil(W / 2), 2 C].
  at::Tensor merge(const at::Tensor& x, std::int64_t height, std::int64_t width);

 private:
  std::int64_t window_;
  TypedModuleList<SwinBlock> blocks_;
  torch::nn::LayerNorm merge_norm_{nullptr};
  Linear reduction_{nullptr};
};
TORCH_MODULE(SwinStage);

/// The Swin transformer (Liu et al. 2021) as a backbone: transformers' SwinBackbone, with the keys
/// of its files.
class SwinBackboneImpl : public torch::nn::Module {
 public:
  explicit SwinBackboneImpl(const SwinConfig& config);

  /// pixels: [B, 3, H, W] of any size, to the maps [B, C, h, w] of the stages that are given out,
  /// each normalised. h = ceil(H / (patch_size * 2^(stage - 1))).
  std::vector<at::Tensor> forward(const at::Tensor& pixels);

  const SwinConfig& config() const { return config_; }

 private:
  SwinConfig config_;
  Conv2d patch_projection_{nullptr};
  torch::nn::LayerNorm patch_norm_{nullptr};
  TypedModuleList<SwinStage> stages_;
  std::vector<torch::nn::LayerNorm> out_norms_;
};
TORCH_MODULE(SwinBackbone);

}  // namespace situ
