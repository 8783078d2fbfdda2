// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "situ/models/mobile_sam/tiny_vit_layers.h"
#include "situ/models/segment_anything/sam_neck.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// Sizes of the image encoder; defaults are those of `mobile_sam.pt`, the only one published.
struct TinyVitConfig {
  std::int64_t image_size = 1024;
  std::array<std::int64_t, 4> channels = {64, 128, 160, 320};
  std::array<std::int64_t, 4> depths = {2, 2, 6, 2};
  std::array<std::int64_t, 4> heads = {2, 4, 5, 10};    // the first stage has none
  std::array<std::int64_t, 4> windows = {7, 7, 14, 7};  // neither
  /// Behind the first three stages: MobileSAM keeps the map's size where TinyViT halves it last.
  std::array<std::int64_t, 3> strides = {2, 2, 1};
  std::int64_t widening = 4;  // of convolutions and feed-forwards
  std::int64_t output_channels = 256;
};

/// A stage of TinyViT and what leads to the next one.
class TinyVitStageImpl : public torch::nn::Module {
 public:
  TinyVitStageImpl(const TinyVitConfig& config, std::size_t stage);
  /// [B, C, H, W] to that of the next stage.
  at::Tensor forward(at::Tensor x);

 private:
  std::vector<TinyVitConvolutions> convolutions_;  // of the first stage
  std::vector<TinyVitBlock> blocks_;               // of the others
  TinyVitMerging merging_{nullptr};
};
TORCH_MODULE(TinyVitStage);

/// TinyViT (Wu et al. 2022) as MobileSAM's image encoder, with the keys of its authors' code and
/// the neck of Segment Anything.
class TinyVitImpl : public torch::nn::Module {
 public:
  explicit TinyVitImpl(const TinyVitConfig& config);
  /// pixels: [B, 3, image_size, image_size], normalised, to [B, output_channels, grid, grid].
  /// Throws std::invalid_argument for other sizes.
  at::Tensor forward(const at::Tensor& pixels);

 private:
  TinyVitConfig config_;
  NormedConvolution patches1_{nullptr}, patches2_{nullptr};
  TypedModuleList<TinyVitStage> stages_;
  SamNeck neck_;
};
TORCH_MODULE(TinyVit);

}  // namespace situ
