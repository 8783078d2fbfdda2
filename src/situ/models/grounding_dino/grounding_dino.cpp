// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/grounding_dino.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/models/grounding_dino/sine_positions.h"
#include "situ/models/grounding_dino/text_phrases.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

constexpr int64_t kNormGroups = 32;

at::Tensor in_batch(const at::Tensor& x, int64_t batch) {
  if (!x.defined() || x.size(0) == batch) return x;
  std::vector<int64_t> shape = x.sizes().vec();
  shape[0] = batch;
  return x.expand(shape);
}

ImageFeatures in_batch(const ImageFeatures& image, int64_t batch) {
  return {.levels = image.levels,
          .features = in_batch(image.features, batch),
          .positions = image.positions,
          .padding = in_batch(image.padding, batch),
          .valid_ratios = in_batch(image.valid_ratios, batch),
          .reference = in_batch(image.reference, batch)};
}

TextFeatures in_batch(const TextFeatures& text, int64_t batch) {
  return {.features = in_batch(text.features, batch),
          .positions = in_batch(text.positions, batch),
          .hidden = in_batch(text.hidden, batch),
          .padding = in_batch(text.padding, batch)};
}

int64_t common_batch(const ImageFeatures& image, const TextFeatures& text) {
  const int64_t images = image.features.size(0), texts = text.features.size(0);
  if (images != texts && images != 1 && texts != 1) {
    throw std::invalid_argument("GroundingDino::detect: expected as many texts as pictures, got " +
                                std::to_string(texts) + " and " + std::to_string(images));
  }
  return std::max(images, texts);
}

// Which pixels of each map are padding: bool [B, h, w] each, or empty where none is.
std::vector<at::Tensor> padding_of(const std::vector<at::Tensor>& maps,
                                   const at::Tensor& pixel_mask) {
  if (!pixel_mask.defined() || pixel_mask.to(at::kBool).all().item<bool>()) return {};
  std::vector<at::Tensor> padding;
  const at::Tensor mask = pixel_mask.to(at::kBool).to(at::kFloat).unsqueeze(0);
  for (const at::Tensor& map : maps) {
    const at::Tensor at_map = at::upsample_nearest2d(mask, {map.size(2), map.size(3)});
    padding.push_back(at_map.to(at::kBool).squeeze(0).logical_not());
  }
  return padding;
}

}  // namespace

NeckLevelImpl::NeckLevelImpl(const torch::nn::Conv2dOptions& options)
    : conv_(register_module("0", Conv2d(options))),
      norm_(register_module("1", torch::nn::GroupNorm(kNormGroups, options.out_channels()))) {}

at::Tensor NeckLevelImpl::forward(const at::Tensor& x) { return norm_(conv_(x)); }

GroundingDinoImpl::GroundingDinoImpl(const GroundingDinoConfig& config)
    : config_(config),
      model_(add_scope(*this, "model")),
      input_proj_vision_(model_, "input_proj_vision"),
      query_selection_(model_, config.d_model, config.layer_norm_eps),
      bbox_embed_(*this, "bbox_embed") {
  torch::nn::Module& backbone = add_scope(add_scope(model_, "backbone"), "conv_encoder");
  backbone_ = backbone.register_module("model", SwinBackbone(config.backbone));
  text_backbone_ = model_.register_module("text_backbone", BertTextEncoder(config.text));
  text_projection_ =
      model_.register_module("text_projection", Linear(config.text.hidden_size, config.d_model));
  int64_t channels = 0;
  for (const int64_t out : config.backbone.out_channels()) {
    channels = out;
    input_proj_vision_.append(NeckLevel(torch::nn::Conv2dOptions(channels, config.d_model, 1)));
  }
  while (static_cast<int64_t>(input_proj_vision_.size()) < config.num_feature_levels) {
    input_proj_vision_.append(
        NeckLevel(torch::nn::Conv2dOptions(channels, config.d_model, 3).stride(2).padding(1)));
    channels = config.d_model;
  }
  level_embed_ = model_.register_parameter("level_embed",
                                           at::zeros({config.num_feature_levels, config.d_model}));
  query_position_embeddings_ = model_.register_module(
      "query_position_embeddings", Embedding(config.num_queries, config.d_model));
  encoder_ = model_.register_module("encoder", FeatureEnhancer(config));
  decoder_ = model_.register_module("decoder", BoxDecoder(config));
  const int64_t heads = config.decoder_bbox_embed_share ? 1 : config.decoder_layers;
  for (int64_t i = 0; i < heads; ++i) {
    bbox_embed_.append(PredictionHead(config.d_model, config.d_model, 4, 3));
  }
}

TextFeatures GroundingDinoImpl::encode_text(const at::Tensor& token_ids,
                                            const at::Tensor& token_mask) {
  check_shape(token_ids, {"B", "T"}, "GroundingDino::encode_text: token_ids");
  if (token_ids.size(1) > config_.max_text_len) {
    throw std::invalid_argument("GroundingDino::encode_text: expected at most " +
                                std::to_string(config_.max_text_len) + " tokens, got " +
                                std::to_string(token_ids.size(1)));
  }
  const TextPhrases phrases = text_phrases(token_ids);
  TextFeatures text;
  text.features = text_projection_(text_backbone_(token_ids, phrases.attention, phrases.positions));
  text.positions =
      coordinate_embedding(phrases.positions.to(at::kFloat).unsqueeze(-1), config_.d_model)
          .to(text.features.scalar_type());
  text.hidden = phrases.attention.logical_not();
  if (token_mask.defined()) {
    if (token_mask.sizes() != token_ids.sizes()) {
      throw std::invalid_argument("GroundingDino::encode_text: token_mask: expected " +
                                  shape_text(token_ids) + ", got " + shape_text(token_mask));
    }
    const at::Tensor padding = token_mask.to(at::kBool).logical_not();
    if (padding.any().item<bool>()) text.padding = padding;
  }
  return text;
}

std::vector<at::Tensor> GroundingDinoImpl::feature_maps(const at::Tensor& pixels) {
  const std::vector<at::Tensor> outputs = backbone_(pixels);
  std::vector<at::Tensor> maps;
  for (std::size_t i = 0; i < input_proj_vision_.size(); ++i) {
    // The first level of its own looks at the backbone's last map before it is projected.
    const at::Tensor& source = i < outputs.size()    ? outputs[i]
                               : i == outputs.size() ? outputs.back()
                                                     : maps.back();
    maps.push_back(input_proj_vision_[i](source));  // [B, D, h, w]
  }
  return maps;
}

ImageFeatures GroundingDinoImpl::encode_image(const at::Tensor& pixels,
                                              const at::Tensor& pixel_mask) {
  check_shape(pixels, {"B", "3", "H", "W"}, "GroundingDino::encode_image: pixels");
  if (pixel_mask.defined() &&
      pixel_mask.sizes() != at::IntArrayRef({pixels.size(0), pixels.size(2), pixels.size(3)})) {
    throw std::invalid_argument("GroundingDino::encode_image: pixel_mask: expected the size of " +
                                shape_text(pixels) + ", got " + shape_text(pixel_mask));
  }
  const std::vector<at::Tensor> maps = feature_maps(pixels);
  const std::vector<at::Tensor> padding = padding_of(maps, pixel_mask);
  ImageFeatures image;
  std::vector<at::Tensor> features, positions, flat_padding;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const at::Tensor& map = maps[i];
    image.levels.push_back({map.size(2), map.size(3)});
    features.push_back(map.flatten(2).transpose(1, 2));  // [B, h * w, D]
    const at::Tensor hidden = padding.empty() ? at::Tensor() : padding[i];
    positions.push_back(image_positions(hidden, map.size(2), map.size(3), config_.d_model,
                                        config_.positional_embedding_temperature)
                            .to(map.options()) +
                        level_embed_[static_cast<int64_t>(i)]);
    if (hidden.defined()) flat_padding.push_back(hidden.flatten(1));
  }
  image.features = at::cat(features, 1).contiguous();
  image.positions = at::cat(positions, 1);
  if (!padding.empty()) image.padding = at::cat(flat_padding, 1);
  image.valid_ratios = padding.empty()
                           ? at::ones({pixels.size(0), static_cast<int64_t>(maps.size()), 2},
                                      pixels.options().dtype(at::kFloat))
                           : valid_ratios(padding);
  image.reference = place_references(image.levels, image.valid_ratios);
  return image;
}

GroundingDinoOutput GroundingDinoImpl::detect(const ImageFeatures& image,
                                              const TextFeatures& text) {
  const int64_t batch = common_batch(image, text);
  const ImageFeatures images = in_batch(image, batch);
  return decode(enhance(images, in_batch(text, batch)), images);
}

FusionFeatures GroundingDinoImpl::enhance(const ImageFeatures& image, const TextFeatures& text) {
  return encoder_(image, text);
}

GroundingDinoOutput GroundingDinoImpl::decode(const FusionFeatures& features,
                                              const ImageFeatures& image) {
  const int64_t batch = features.image.size(0);
  const at::Tensor queries =
      query_position_embeddings_->weight.expand({batch, config_.num_queries, config_.d_model});
  const at::Tensor first = query_selection_.references(features, image, config_.num_queries);
  const DecodedQueries decoded = decoder_(queries, first, features, image, bbox_embed_);
  const at::Tensor logits = at::full({batch, config_.num_queries, config_.max_text_len},
                                     -std::numeric_limits<float>::infinity(), first.options());
  logits.narrow(2, 0, features.text.size(1)).copy_(token_logits(decoded.queries, features));
  const at::Tensor refined = bbox_embed_.back()(decoded.queries) +
                             reference_logit(decoded.reference, config_.reference_logit);
  return {.logits = logits, .boxes = at::sigmoid(refined)};
}

}  // namespace situ
