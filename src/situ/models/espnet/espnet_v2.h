// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/models/espnet/espnet_config.h"
#include "situ/models/espnet/espnet_decoder.h"
#include "situ/models/espnet/espnet_layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// ESPNetv2 for segmentation (Mehta et al. 2019; sacmehta/EdgeNets): a network of depthwise dilated
/// convolutions with under a million weights. Keys as in the published checkpoints.
class EspnetV2Impl : public torch::nn::Module {
 public:
  /// Throws std::invalid_argument as EspnetConfig::validate.
  explicit EspnetV2Impl(const EspnetConfig& config);

  /// pixels: [B, 3, H, W], RGB normalised with ImageNet's mean and deviation, H and W at least
  /// kMinSide. Returns logits [B, classes, H, W].
  at::Tensor forward(const at::Tensor& pixels);

  static constexpr std::int64_t kMinSide = 16;
  const EspnetConfig& config() const { return config_; }

 private:
  at::Tensor decode(const at::Tensor& below, const at::Tensor& encoded, std::size_t level);

  EspnetConfig config_;
  ConvNorm level1_{nullptr};
  EspnetDownSampler level2_{nullptr}, level3_start_{nullptr}, level4_start_{nullptr};
  std::vector<Eesp> level3_, level4_;
  std::vector<PyramidPool> pools_;      // coarse to fine
  std::vector<EncoderBridge> bridges_;  // in front of the second pool and those after it
  std::vector<NormActivation> joined_;
};
TORCH_MODULE(EspnetV2);

}  // namespace situ
