// SPDX-License-Identifier: Apache-2.0
#include "situ/models/bert/bert_text_encoder.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;

LayerNorm layer_norm(const BertConfig& config) {
  return LayerNorm(LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
}

}  // namespace

BertLayerImpl::BertLayerImpl(const BertConfig& config) : heads_(config.num_attention_heads) {
  const int64_t width = config.hidden_size;
  torch::nn::Module& attention = add_scope(*this, "attention");
  torch::nn::Module& self = add_scope(attention, "self");
  query_ = self.register_module("query", Linear(width, width));
  key_ = self.register_module("key", Linear(width, width));
  value_ = self.register_module("value", Linear(width, width));
  torch::nn::Module& attention_output = add_scope(attention, "output");
  attention_output_ = attention_output.register_module("dense", Linear(width, width));
  attention_norm_ = attention_output.register_module("LayerNorm", layer_norm(config));
  intermediate_ = add_scope(*this, "intermediate")
                      .register_module("dense", Linear(width, config.intermediate_size));
  torch::nn::Module& output = add_scope(*this, "output");
  output_ = output.register_module("dense", Linear(config.intermediate_size, width));
  output_norm_ = output.register_module("LayerNorm", layer_norm(config));
}

at::Tensor BertLayerImpl::forward(const at::Tensor& x, const at::Tensor& attention_mask) {
  const auto split = [&](const at::Tensor& y) {
    return y.view({y.size(0), y.size(1), heads_, -1}).transpose(1, 2);  // [B, heads, T, d]
  };
  const at::Tensor attended = at::scaled_dot_product_attention(split(query_(x)), split(key_(x)),
                                                               split(value_(x)), attention_mask)
                                  .transpose(1, 2)
                                  .reshape(x.sizes());
  const at::Tensor h = attention_norm_(attention_output_(attended).add_(x));
  return output_norm_(output_(at::gelu(intermediate_(h))).add_(h));
}

BertTextEncoderImpl::BertTextEncoderImpl(const BertConfig& config)
    : config_(config), layers_(add_scope(*this, "encoder"), "layer") {
  const int64_t width = config.hidden_size;
  torch::nn::Module& embeddings = add_scope(*this, "embeddings");
  word_embeddings_ =
      embeddings.register_module("word_embeddings", Embedding(config.vocab_size, width));
  position_embeddings_ = embeddings.register_module(
      "position_embeddings", Embedding(config.max_position_embeddings, width));
  token_type_embeddings_ =
      embeddings.register_module("token_type_embeddings", Embedding(config.type_vocab_size, width));
  norm_ = embeddings.register_module("LayerNorm", layer_norm(config));
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.append(BertLayer(config));
}

at::Tensor BertTextEncoderImpl::forward(const at::Tensor& token_ids,
                                        const at::Tensor& attention_mask,
                                        const at::Tensor& position_ids) {
  check_shape(token_ids, {"B", "T"}, "BertTextEncoder: token_ids");
  const std::string batch = std::to_string(token_ids.size(0));
  const std::string length = std::to_string(token_ids.size(1));
  check_shape(attention_mask, {batch, length, length}, "BertTextEncoder: attention_mask");
  check_shape(position_ids, {batch, length}, "BertTextEncoder: position_ids");
  if (attention_mask.scalar_type() != at::kBool) {
    throw std::invalid_argument("BertTextEncoder: attention_mask: expected bool, got " +
                                std::string(c10::toString(attention_mask.scalar_type())));
  }
  at::Tensor x = word_embeddings_(token_ids) + token_type_embeddings_(at::zeros_like(token_ids)) +
                 position_embeddings_(position_ids);  // [B, T, D]
  x = norm_(x);
  const at::Tensor mask = attention_mask.unsqueeze(1);  // for all heads
  for (BertLayer& layer : layers_) x = layer(x, mask);
  return x;
}

}  // namespace situ
