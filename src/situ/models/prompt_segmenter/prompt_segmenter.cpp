// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/prompt_segmenter.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>

#include <cmath>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

using torch::nn::Conv2dOptions;
using torch::nn::LinearOptions;

constexpr int64_t kPadMultiple = 32;  // the coarsest stride
// Cosines lie in [-1, 1]: e^2.3 = 10 spreads them over useful logits, and most pixels are not what
// a prompt names, which the bias says from the start.
constexpr double kInitialScale = 2.3;
constexpr double kInitialBias = -3.0;
// As CLIP starts. With the unit spread that is torch's default, the token at the end drowns what
// attention brings in from the words, and all prompts start, and long stay, nearly the same.
constexpr double kInitialTokenSpread = 0.02;
constexpr double kInitialPositionSpread = 0.01;

at::Tensor directions(const at::Tensor& x, int64_t axis) {
  const at::Tensor wide = x.to(at::kFloat);
  return wide / wide.square().sum(axis, /*keepdim=*/true).add(1e-6).sqrt();
}

at::Tensor pad_to_multiple(const at::Tensor& image) {
  const auto missing = [](int64_t size) {
    return (kPadMultiple - size % kPadMultiple) % kPadMultiple;
  };
  const int64_t below = missing(image.size(2));
  const int64_t right = missing(image.size(3));
  // Repeated border pixels, unlike zeros, draw no edge that the network could take for an object's.
  return below + right == 0 ? image : at::replication_pad2d(image, {0, right, 0, below});
}

}  // namespace

PromptSegmenterImpl::PromptSegmenterImpl(const PromptSegmenterConfig& config)
    : config_(config),
      stem1_(register_module("stem1", NormedConv(3, config.stage_channels[0] / 2, 3, 2))),
      stem2_(register_module(
          "stem2", NormedConv(config.stage_channels[0] / 2, config.stage_channels[0], 3, 2))),
      stages_(*this, "stages"),
      laterals_(*this, "laterals"),
      fusions_(*this, "fusions"),
      pixel_projection_(
          register_module("pixel_projection",
                          Conv2d(Conv2dOptions(config.decoder_channels, config.feature_size, 1)))),
      text_encoder_(register_module("text_encoder", ClipTextEncoder(config.text))),
      text_projection_(register_module(
          "text_projection",
          Linear(LinearOptions(config.text.hidden_size, config.feature_size).bias(false)))),
      logit_scale_(register_parameter("logit_scale", at::full({}, kInitialScale))),
      logit_bias_(register_parameter("logit_bias", at::full({}, kInitialBias))) {
  int64_t channels = config.stage_channels[0];
  for (std::size_t i = 0; i < config.stage_channels.size(); ++i) {
    const int64_t next = config.stage_channels[i];
    stages_.append(ResidualStage(channels, next, i == 0 ? 1 : 2, config.blocks_per_stage));
    laterals_.append(Conv2d(Conv2dOptions(next, config.decoder_channels, 1)));
    fusions_.append(NormedConv(config.decoder_channels, config.decoder_channels, 3, 1));
    channels = next;
  }
  for (const auto& item : text_encoder_->named_parameters()) {
    if (item.key().ends_with("token_embedding.weight")) {
      torch::nn::init::normal_(item.value(), 0, kInitialTokenSpread);
    } else if (item.key().ends_with("position_embedding.weight")) {
      torch::nn::init::normal_(item.value(), 0, kInitialPositionSpread);
    }
  }
}

at::Tensor PromptSegmenterImpl::pixel_features(const at::Tensor& image) {
  check_shape(image, {"B", "3", "H", "W"}, "PromptSegmenter: image");
  at::Tensor x = pad_to_multiple(image).contiguous(at::MemoryFormat::ChannelsLast);
  x = at::relu(stem2_(at::relu(stem1_(x))));  // [B, C0, H/4, W/4]
  std::vector<at::Tensor> levels;
  for (ResidualStage& stage : stages_) levels.push_back(x = stage(x));  // strides 4, 8, 16, 32

  const auto coarsest = static_cast<std::int64_t>(levels.size()) - 1;
  at::Tensor y;
  for (std::int64_t i = coarsest; i >= 0; --i) {
    const at::Tensor lateral = laterals_[i](levels[i]);
    const at::Tensor sum = i == coarsest
                               ? lateral
                               : lateral + at::upsample_bilinear2d(y, lateral.sizes().slice(2),
                                                                   /*align_corners=*/false);
    y = at::relu(fusions_[i](sum));
  }
  const auto cells = [](int64_t pixels) { return (pixels + kFeatureStride - 1) / kFeatureStride; };
  return directions(pixel_projection_(y), 1)
      .slice(2, 0, cells(image.size(2)))
      .slice(3, 0, cells(image.size(3)));  // [B, D, ceil(H/4), ceil(W/4)]
}

at::Tensor PromptSegmenterImpl::text_features(const at::Tensor& token_ids) {
  check_shape(token_ids, {"K", "T"}, "PromptSegmenter: token_ids");
  const at::Tensor states = text_encoder_(token_ids);  // [K, T, hidden]
  // The first end of text: what follows is padding, which the causal attention keeps out of it.
  const at::Tensor end = token_ids.eq(config_.end_of_text_id).to(at::kInt).argmax(1);  // [K]
  const at::Tensor rows = at::arange(token_ids.size(0), token_ids.options());
  return directions(text_projection_(states.index({rows, end})), 1);
}

at::Tensor PromptSegmenterImpl::match(const at::Tensor& pixels, const at::Tensor& prompts) {
  const at::Tensor cosine = at::einsum("bdhw,kd->bkhw", {pixels, prompts});
  return cosine.to(at::kFloat) * logit_scale_.exp() + logit_bias_;
}

at::Tensor PromptSegmenterImpl::upsample(const at::Tensor& logits, int64_t height, int64_t width) {
  const int64_t rows = logits.size(2) * kFeatureStride;
  const int64_t columns = logits.size(3) * kFeatureStride;
  return at::upsample_bilinear2d(logits, {rows, columns}, /*align_corners=*/false)
      .slice(2, 0, height)
      .slice(3, 0, width);
}

at::Tensor PromptSegmenterImpl::forward(const at::Tensor& image, const at::Tensor& token_ids) {
  const at::Tensor logits = match(pixel_features(image), text_features(token_ids));
  return upsample(logits, image.size(2), image.size(3));
}

}  // namespace situ
