// SPDX-License-Identifier: Apache-2.0
#include "situ/models/espnet/espnet_v2.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

// The branches' kernels cover 3, 5, 7 and 9 pixels; at stride 16 no more than 7, where the fourth
// becomes 3.
constexpr EspnetDilations kWide = {1, 2, 3, 4};
constexpr EspnetDilations kNarrow = {1, 1, 2, 3};
constexpr std::int64_t kImageChannels = 3;

EspnetConfig checked(const EspnetConfig& config) {
  config.validate();
  return config;
}

std::vector<Eesp> blocks(torch::nn::Module& list, std::int64_t count, std::int64_t channels,
                         const EspnetDilations& dilations) {
  std::vector<Eesp> made;
  for (std::int64_t i = 0; i < count; ++i) {
    made.push_back(list.register_module(std::to_string(i), Eesp(channels, channels, 1, dilations)));
  }
  return made;
}

}  // namespace

EspnetV2Impl::EspnetV2Impl(const EspnetConfig& config) : config_(checked(config)) {
  const auto& c = config.channels;
  torch::nn::Module& encoder = add_scope(*this, "base_net");
  level1_ = encoder.register_module(
      "level1",
      ConvNorm(EspnetConvolution{.in = kImageChannels, .out = c[0], .kernel = 3, .stride = 2},
               true));
  level2_ = encoder.register_module("level2_0", EspnetDownSampler(c[0], c[1], kWide));
  level3_start_ = encoder.register_module("level3_0", EspnetDownSampler(c[1], c[2], kWide));
  level3_ = blocks(add_scope(encoder, "level3"), config.repeats[0], c[2], kWide);
  level4_start_ = encoder.register_module("level4_0", EspnetDownSampler(c[2], c[3], kWide));
  level4_ = blocks(add_scope(encoder, "level4"), config.repeats[1], c[3], kNarrow);

  const auto& d = config.decoder_channels;
  const std::int64_t inputs[] = {c[3], d[0], d[1], d[2]};
  const std::int64_t outputs[] = {d[0], d[1], d[2], config.classes};
  for (std::size_t i = 0; i < 4; ++i) {
    pools_.push_back(
        register_module("bu_dec_l" + std::to_string(i + 1),
                        PyramidPool(inputs[i], config.pyramid_channels, outputs[i], i == 3)));
    if (i == 0) continue;
    const std::string level = std::to_string(i + 1);
    bridges_.push_back(
        register_module("merge_enc_dec_l" + level, EncoderBridge(c[3 - i], outputs[i - 1])));
    joined_.push_back(register_module("bu_br_l" + level, NormActivation(outputs[i - 1])));
  }
}

at::Tensor EspnetV2Impl::decode(const at::Tensor& below, const at::Tensor& encoded,
                                std::size_t level) {
  // To the encoder's size rather than twice the own one: the same where the image's sides are
  // multiples of 16, and right where they are not.
  const at::Tensor enlarged =
      at::upsample_bilinear2d(below, {encoded.size(2), encoded.size(3)}, /*align_corners=*/true);
  return pools_[level](joined_[level - 1](bridges_[level - 1](encoded) + enlarged));
}

at::Tensor EspnetV2Impl::forward(const at::Tensor& pixels) {
  check_shape(pixels, {"B", "3", "H", "W"}, "EspnetV2: pixels");
  if (pixels.size(2) < kMinSide || pixels.size(3) < kMinSide) {
    throw std::invalid_argument("EspnetV2: expected at least 16 x 16 pixels, got " +
                                shape_text(pixels));
  }
  const at::Tensor half = level1_(pixels);             // [B, c0, H/2, W/2]
  const at::Tensor quarter = level2_(half, pixels);    // [B, c1, H/4, W/4]
  at::Tensor eighth = level3_start_(quarter, pixels);  // [B, c2, H/8, W/8]
  for (Eesp& block : level3_) eighth = block(eighth);
  at::Tensor sixteenth = level4_start_(eighth, pixels);  // [B, c3, H/16, W/16]
  for (Eesp& block : level4_) sixteenth = block(sixteenth);

  at::Tensor map = pools_[0](sixteenth);
  map = decode(map, eighth, 1);
  map = decode(map, quarter, 2);
  map = decode(map, half, 3);  // [B, classes, H/2, W/2]
  return at::upsample_bilinear2d(map, {pixels.size(2), pixels.size(3)}, /*align_corners=*/true);
}

}  // namespace situ
