// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_prompt_decoder.h"

#include <ATen/ATen.h>

#include <numbers>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

constexpr int64_t kNoPoint = -1, kIgnored = -10;

}  // namespace

SamPromptDecoder::SamPromptDecoder(torch::nn::Module& owner, const SamPromptConfig& config)
    : config_(config) {
  frequencies_ =
      add_scope(owner, "shared_image_embedding")
          .register_parameter("positional_embedding", at::zeros({2, config.hidden_size / 2}));
  add_prompt_encoder(add_scope(owner, "prompt_encoder"));
  add_mask_decoder(add_scope(owner, "mask_decoder"));
}

void SamPromptDecoder::add_prompt_encoder(torch::nn::Module& owner) {
  const std::int64_t width = config_.hidden_size, channels = config_.mask_input_channels;
  torch::nn::Module& points = add_scope(owner, "point_embed");
  for (int i = 0; i < 4; ++i) {
    point_embed_.push_back(points.register_module(std::to_string(i), Embedding(1, width)));
  }
  not_a_point_ = owner.register_module("not_a_point_embed", Embedding(1, width));
  no_mask_ = owner.register_module("no_mask_embed", Embedding(1, width));
  torch::nn::Module& masks = add_scope(owner, "mask_embed");
  const auto halving = [](std::int64_t from, std::int64_t to) {
    return Conv2d(torch::nn::Conv2dOptions(from, to, 2).stride(2));
  };
  mask_conv1_ = masks.register_module("conv1", halving(1, channels / 4));
  mask_norm1_ = masks.register_module("layer_norm1", ChannelNorm(channels / 4));
  mask_conv2_ = masks.register_module("conv2", halving(channels / 4, channels));
  mask_norm2_ = masks.register_module("layer_norm2", ChannelNorm(channels));
  mask_conv3_ =
      masks.register_module("conv3", Conv2d(torch::nn::Conv2dOptions(channels, width, 1)));
}

void SamPromptDecoder::add_mask_decoder(torch::nn::Module& owner) {
  const std::int64_t width = config_.hidden_size;
  const std::int64_t masks = config_.num_multimask_outputs + 1;
  iou_token_ = owner.register_module("iou_token", Embedding(1, width));
  mask_tokens_ = owner.register_module("mask_tokens", Embedding(masks, width));
  torch::nn::Module& transformer = add_scope(owner, "transformer");
  torch::nn::Module& layers = add_scope(transformer, "layers");
  for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i) {
    layers_.push_back(layers.register_module(std::to_string(i), SamTwoWayLayer(config_, i == 0)));
  }
  final_attention_ = transformer.register_module(
      "final_attn_token_to_image",
      SamAttention(width, width / config_.attention_downsample_rate, config_.num_attention_heads));
  final_norm_ = transformer.register_module(
      "layer_norm_final_attn", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
  const auto doubling = [](std::int64_t from, std::int64_t to) {
    return torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(from, to, 2).stride(2));
  };
  upscale1_ = owner.register_module("upscale_conv1", doubling(width, width / 4));
  upscale_norm_ = owner.register_module("upscale_layer_norm", ChannelNorm(width / 4));
  upscale2_ = owner.register_module("upscale_conv2", doubling(width / 4, width / 8));
  torch::nn::Module& hypernetworks = add_scope(owner, "output_hypernetworks_mlps");
  for (std::int64_t i = 0; i < masks; ++i) {
    hypernetworks_.push_back(hypernetworks.register_module(
        std::to_string(i), SamFeedForward(width, width, width / 8, 3)));
  }
  iou_head_ = owner.register_module(
      "iou_prediction_head",
      SamFeedForward(width, config_.iou_head_hidden_dim, masks, config_.iou_head_depth));
  if (config_.second_generation) add_second_generation(owner);
}

void SamPromptDecoder::add_second_generation(torch::nn::Module& owner) {
  const std::int64_t width = config_.hidden_size;
  object_token_ = owner.register_module("obj_score_token", Embedding(1, width));
  object_head_ = owner.register_module("pred_obj_score_head", SamFeedForward(width, width, 1, 3));
  project_fourfold_ =
      owner.register_module("conv_s0", Conv2d(torch::nn::Conv2dOptions(width, width / 8, 1)));
  project_twice_ =
      owner.register_module("conv_s1", Conv2d(torch::nn::Conv2dOptions(width, width / 4, 1)));
}

SamImageFeatures SamPromptDecoder::with_details(const at::Tensor& embedding,
                                                const at::Tensor& twice,
                                                const at::Tensor& fourfold) {
  return {.embedding = embedding,
          .twice = project_twice_(twice.to(frequencies_.scalar_type())),
          .fourfold = project_fourfold_(fourfold.to(frequencies_.scalar_type()))};
}

void SamPromptDecoder::check(const SamImageFeatures& image, const SamPrompts& prompts) const {
  const auto check_map = [&](const at::Tensor& map, std::int64_t divisor, std::int64_t times) {
    const std::string side = std::to_string(times * config_.grid());
    check_shape(map, {"1", std::to_string(config_.hidden_size / divisor), side, side},
                "SamPromptDecoder: features");
  };
  check_map(image.embedding, 1, 1);
  if (config_.second_generation) {
    check_map(image.twice, 4, 2);
    check_map(image.fourfold, 8, 4);
  }
  if (!prompts.boxes.defined() && !prompts.points.defined()) {
    throw std::invalid_argument("SamPromptDecoder: expected boxes or points, got neither");
  }
  const std::string things =
      std::to_string(prompts.boxes.defined() ? prompts.boxes.size(0) : prompts.points.size(0));
  if (prompts.boxes.defined()) check_shape(prompts.boxes, {"N", "4"}, "SamPromptDecoder: boxes");
  if (prompts.points.defined()) {
    check_shape(prompts.points, {things, "P", "2"}, "SamPromptDecoder: points");
    check_shape(prompts.labels, {things, std::to_string(prompts.points.size(1))},
                "SamPromptDecoder: labels");
  }
  if (prompts.masks.defined()) {
    const std::string side = std::to_string(4 * config_.grid());
    check_shape(prompts.masks, {things, "1", side, side}, "SamPromptDecoder: masks");
  }
}

SamMasks SamPromptDecoder::decode(const SamImageFeatures& features, const SamPrompts& prompts,
                                  bool multimask) {
  check(features, prompts);
  const at::Tensor sparse = sparse_tokens(prompts);  // [N, T, D]
  const std::int64_t things = sparse.size(0);
  std::vector<at::Tensor> own_tokens{iou_token_->weight, mask_tokens_->weight};
  if (object_token_) own_tokens.insert(own_tokens.begin(), object_token_->weight);
  const at::Tensor own = at::cat(own_tokens).unsqueeze(0).expand({things, -1, -1});
  const at::Tensor tokens = at::cat({own, sparse}, 1);
  // [1, grid * grid, D] until the prompts' first look at it, unless things have masks.
  const at::Tensor embedding = features.embedding.to(frequencies_.scalar_type());
  const at::Tensor image = (embedding + dense_tokens(prompts)).flatten(2).transpose(1, 2);
  const at::Tensor positions = image_positions();  // [1, grid * grid, D]

  SamTwoWayLayerImpl::Tokens state{tokens, image};
  for (SamTwoWayLayer& layer : layers_) state = layer(state, tokens, positions);
  state.prompt = final_norm_(
      state.prompt + final_attention_(state.prompt + tokens, state.image + positions, state.image));

  // SAM 2 chooses one mask among all.
  const bool chooses = !multimask && config_.second_generation && config_.choose_steady_mask;
  const std::int64_t first = multimask ? 1 : 0;
  const std::int64_t count = multimask ? config_.num_multimask_outputs
                             : chooses ? config_.num_multimask_outputs + 1
                                       : 1;
  const std::int64_t iou_place = object_token_ ? 1 : 0;
  at::Tensor ious = iou_head_(state.prompt.select(1, iou_place));
  if (config_.second_generation) ious = ious.sigmoid();
  const SamMasks masks{
      .logits = logits(state.image, features, state.prompt.slice(1, iou_place + 1), first, count),
      .predicted_iou = ious.narrow(1, first, count).to(at::kFloat)};
  return chooses ? steadiest(masks) : masks;
}

// The first of all masks where its outline is sharp: where few pixels lie near its border. Else the
// likeliest of the others. Source: transformers, _dynamic_multimask_via_stability.
SamMasks SamPromptDecoder::steadiest(const SamMasks& all) const {
  const at::Tensor single = all.logits.slice(1, 0, 1);  // [N, 1, h, w]
  const auto area = [&](double threshold) {
    return single.gt(threshold).flatten(2).sum(-1).to(at::kFloat);  // [N, 1]
  };
  const at::Tensor inner = area(config_.steady_delta), outer = area(-config_.steady_delta);
  const at::Tensor steadiness = at::where(outer.gt(0), inner / outer, at::ones_like(outer));
  const at::Tensor steady = steadiness.ge(config_.steady_threshold);  // [N, 1]
  const at::Tensor best = all.predicted_iou.slice(1, 1).argmax(1, /*keepdim=*/true) + 1;
  const at::Tensor best_logits = all.logits.gather(
      1, best.view({-1, 1, 1, 1}).expand({-1, 1, single.size(2), single.size(3)}));
  return {.logits = at::where(steady.view({-1, 1, 1, 1}), single, best_logits),
          .predicted_iou = at::where(steady, all.predicted_iou.slice(1, 0, 1),
                                     all.predicted_iou.gather(1, best))};
}

at::Tensor SamPromptDecoder::encoded(const at::Tensor& places) const {
  // Places are float32 whatever the weights are: eight bits are too few for them.
  const at::Tensor angles =
      (2 * places - 1).matmul(frequencies_.to(at::kFloat)) * (2 * std::numbers::pi);
  return at::cat({angles.sin(), angles.cos()}, -1).to(frequencies_.scalar_type());
}

at::Tensor SamPromptDecoder::sparse_tokens(const SamPrompts& prompts) {
  std::vector<at::Tensor> tokens;
  if (prompts.points.defined()) tokens.push_back(point_tokens(prompts.points, prompts.labels));
  if (!prompts.boxes.defined()) {
    // Without a box the original ends the points with one that is none.
    tokens.push_back(not_a_point_->weight.unsqueeze(0).expand({tokens[0].size(0), -1, -1}));
    return at::cat(tokens, 1);
  }
  const at::Tensor corners = (prompts.boxes.to(at::kFloat) + 0.5).view({-1, 2, 2});
  const at::Tensor kinds = at::cat({point_embed_[2]->weight, point_embed_[3]->weight});  // [2, D]
  tokens.push_back(encoded(corners / static_cast<double>(config_.image_size)) + kinds);
  if (config_.second_generation) {
    tokens.push_back(not_a_point_->weight.unsqueeze(0).expand({corners.size(0), -1, -1}));
  }
  return at::cat(tokens, 1);
}

at::Tensor SamPromptDecoder::point_tokens(const at::Tensor& points, const at::Tensor& labels) {
  const at::Tensor places = (points.to(at::kFloat) + 0.5) / static_cast<double>(config_.image_size);
  const at::Tensor kind = labels.unsqueeze(2);  // [N, P, 1]
  at::Tensor tokens = encoded(places);
  tokens = at::where(kind.eq(kNoPoint), not_a_point_->weight, tokens);
  tokens = tokens.masked_fill(kind.eq(kIgnored), 0);
  for (std::int64_t label : {0, 1}) {
    tokens = at::where(kind.eq(label),
                       tokens + point_embed_[static_cast<std::size_t>(label)]->weight, tokens);
  }
  return tokens;
}

at::Tensor SamPromptDecoder::dense_tokens(const SamPrompts& prompts) {
  if (!prompts.masks.defined()) return no_mask_->weight.view({1, -1, 1, 1});
  at::Tensor x = mask_conv1_(prompts.masks.to(frequencies_.scalar_type()));
  x = mask_conv2_(at::gelu(mask_norm1_(x)));
  return mask_conv3_(at::gelu(mask_norm2_(x)));
}

at::Tensor SamPromptDecoder::image_positions() const {
  const std::int64_t side = config_.grid();
  const at::Tensor centre =
      (at::arange(side, frequencies_.options().dtype(at::kFloat).requires_grad(false)) + 0.5) /
      static_cast<double>(side);
  const at::Tensor x = centre.view({1, side}).expand({side, side});
  const at::Tensor y = centre.view({side, 1}).expand({side, side});
  return encoded(at::stack({x, y}, -1)).view({1, side * side, -1});
}

// Of `count` masks from `first` on.
at::Tensor SamPromptDecoder::logits(const at::Tensor& image_tokens, const SamImageFeatures& image,
                                    const at::Tensor& mask_tokens, std::int64_t first,
                                    std::int64_t count) {
  const std::int64_t side = config_.grid();
  const at::Tensor map =
      image_tokens.transpose(1, 2).reshape({image_tokens.size(0), -1, side, side});
  at::Tensor upscaled = upscale1_(map);  // [N, D / 4, 2 side, 2 side]
  if (image.twice.defined()) upscaled = upscaled + image.twice;
  upscaled = upscale2_(at::gelu(upscale_norm_(upscaled)));  // [N, D / 8, 4 side, 4 side]
  if (image.fourfold.defined()) upscaled = upscaled + image.fourfold;
  upscaled = at::gelu(upscaled);
  std::vector<at::Tensor> filters;
  for (std::int64_t i = first; i < first + count; ++i) {
    filters.push_back(hypernetworks_[static_cast<std::size_t>(i)](mask_tokens.select(1, i)));
  }
  return at::stack(filters, 1)
      .matmul(upscaled.flatten(2))
      .view({map.size(0), count, 4 * side, 4 * side})
      .to(at::kFloat);
}

}  // namespace situ
