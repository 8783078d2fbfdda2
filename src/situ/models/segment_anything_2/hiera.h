// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <vector>

#include "situ/models/segment_anything_2/sam2_config.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// How one block of Hiera differs from its neighbours.
struct HieraBlockShape {
  std::int64_t in = 0, out = 0;  // channels
  std::int64_t heads = 1;
  std::int64_t window = 0;  // 0: everywhere
  bool pools = false;       // halves the map
};

/// A block that attends within windows or everywhere; the first of a stage halves the map.
class HieraBlockImpl : public torch::nn::Module {
 public:
  HieraBlockImpl(const HieraConfig& config, const HieraBlockShape& shape);
  /// [B, H, W, in] to [B, H, W, out], or half of both sides where it pools.
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor attend(const at::Tensor& x);
  at::Tensor attend_in_windows(const at::Tensor& x, const at::Tensor& residual);

  HieraBlockShape shape_;
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  Linear qkv_{nullptr}, attention_proj_{nullptr}, proj_in_{nullptr}, proj_out_{nullptr};
  Linear proj_{nullptr};  // of the residual, where the channels change
};
TORCH_MODULE(HieraBlock);

/// Hiera (Ryali et al. 2023) as SAM 2 uses it: transformers' Sam2HieraDetModel, with its keys.
class HieraImpl : public torch::nn::Module {
 public:
  explicit HieraImpl(const HieraConfig& config);

  /// pixels: [B, 3, image_size, image_size] to the maps of the four stages, [B, h, w, C].
  std::vector<at::Tensor> forward(const at::Tensor& pixels);

 private:
  HieraConfig config_;
  Conv2d patches_{nullptr};
  at::Tensor positions_, window_positions_;  // [1, C, h, w]
  TypedModuleList<HieraBlock> blocks_;
};
TORCH_MODULE(Hiera);

}  // namespace situ
