// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/query_selection.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace situ {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Side of an anchor of the finest level; each next level's is twice as long.
constexpr double kAnchorSide = 0.05;
constexpr double kBorder = 0.01;

// The anchors of one level, cxcywh. shares: float32 [B, 2], of width and height that are picture.
at::Tensor level_anchors(const FeatureLevel& level, const at::Tensor& shares, double side) {
  const int64_t batch = shares.size(0);
  const auto centres = [&](int64_t count, int64_t axis) {
    const at::Tensor seen = (shares.select(1, axis) * count).round();  // whole pixels
    return (at::arange(count, shares.options()) + 0.5) / seen.unsqueeze(1);
  };
  const auto [height, width] = level;
  const at::Tensor x = centres(width, 0).unsqueeze(1).expand({batch, height, width});
  const at::Tensor y = centres(height, 1).unsqueeze(2).expand({batch, height, width});
  const at::Tensor sides = at::full_like(x, side);
  return at::stack({x, y, sides, sides}, -1).flatten(1, 2);  // [B, H * W, 4]
}

// [B, N, ..] at `places`, int64 [B, Q]: [B, Q, ..].
at::Tensor rows_at(const at::Tensor& x, const at::Tensor& places) {
  const at::Tensor index = places.unsqueeze(-1).expand({places.size(0), places.size(1), x.size(2)});
  return x.gather(1, index);
}

}  // namespace

Anchors make_anchors(const ImageFeatures& image) {
  std::vector<at::Tensor> levels;
  for (std::size_t i = 0; i < image.levels.size(); ++i) {
    levels.push_back(level_anchors(image.levels[i],
                                   image.valid_ratios.select(1, static_cast<int64_t>(i)),
                                   std::ldexp(kAnchorSide, static_cast<int>(i))));
  }
  const at::Tensor anchors = at::cat(levels, 1);  // [B, N, 4]
  at::Tensor unusable = (anchors > kBorder).logical_and(anchors < 1 - kBorder).all(-1);
  unusable.logical_not_();
  if (image.padding.defined()) unusable.logical_or_(image.padding);
  const at::Tensor logits = at::log(anchors / (1 - anchors));
  return {.logits = logits.masked_fill(unusable.unsqueeze(-1), kInfinity), .unusable = unusable};
}

at::Tensor token_logits(const at::Tensor& queries, const FusionFeatures& features) {
  const at::Tensor tokens = features.text.to(at::kFloat).transpose(1, 2);
  at::Tensor logits = queries.to(at::kFloat).matmul(tokens);
  if (features.text_padding.defined()) {
    logits.masked_fill_(features.text_padding.unsqueeze(1), -kInfinity);
  }
  return logits;
}

QuerySelection::QuerySelection(torch::nn::Module& owner, int64_t width, double epsilon)
    : enc_output_(owner.register_module("enc_output", Linear(width, width))),
      enc_output_norm_(owner.register_module("enc_output_norm", dino_layer_norm(width, epsilon))),
      box_head_(
          owner.register_module("encoder_output_bbox_embed", PredictionHead(width, width, 4, 3))) {}

at::Tensor QuerySelection::references(const FusionFeatures& features, const ImageFeatures& image,
                                      int64_t count) {
  if (features.image.size(1) < count) {
    throw std::invalid_argument("GroundingDino: expected pictures of " + std::to_string(count) +
                                " places or more (one a query), got " +
                                std::to_string(features.image.size(1)));
  }
  const Anchors anchors = make_anchors(image);
  const at::Tensor usable =
      features.image.to(at::kFloat).masked_fill(anchors.unusable.unsqueeze(-1), 0);
  const at::Tensor places = at::layer_norm(
      float_linear(usable, enc_output_), {usable.size(2)}, enc_output_norm_->weight.to(at::kFloat),
      enc_output_norm_->bias.to(at::kFloat), enc_output_norm_->options.eps());
  const at::Tensor scores = token_logits(places, features).amax(-1);  // [B, N]
  const at::Tensor best = std::get<1>(scores.topk(count, 1));         // [B, count]
  return at::sigmoid(box_head_(rows_at(places, best)) + rows_at(anchors.logits, best));
}

}  // namespace situ
