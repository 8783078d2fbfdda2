// SPDX-License-Identifier: Apache-2.0
#include "situ/models/clip/clip_text_encoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/nn/attention.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;

ClipActivation activation_from(const std::string& name, const std::string& file) {
  if (name == "quick_gelu") return ClipActivation::kQuickGelu;
  if (name == "gelu") return ClipActivation::kGelu;
  throw DataError(file, "hidden_act: expected quick_gelu or gelu, got " + name);
}

bool projects(const nlohmann::json& json) {
  const nlohmann::json names = json.value("architectures", nlohmann::json::array());
  return names.is_array() &&
         std::find(names.begin(), names.end(), "CLIPTextModelWithProjection") != names.end();
}

}  // namespace

ClipTextConfig ClipTextConfig::from_json(const nlohmann::json& json, const std::string& file) {
  ClipTextConfig config;
  try {
    config.vocab_size = json.value("vocab_size", config.vocab_size);
    config.hidden_size = json.value("hidden_size", config.hidden_size);
    config.intermediate_size = json.value("intermediate_size", config.intermediate_size);
    config.num_hidden_layers = json.value("num_hidden_layers", config.num_hidden_layers);
    config.num_attention_heads = json.value("num_attention_heads", config.num_attention_heads);
    config.max_position_embeddings =
        json.value("max_position_embeddings", config.max_position_embeddings);
    config.layer_norm_eps = json.value("layer_norm_eps", config.layer_norm_eps);
    config.hidden_act = activation_from(json.value("hidden_act", "quick_gelu"), file);
    config.eos_token_id = json.value("eos_token_id", config.eos_token_id);
    if (projects(json)) config.projection_dim = json.value("projection_dim", int64_t{512});
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file, error.what());
  }
  constexpr int64_t kLargest = 1 << 20;
  for (const auto& [name, value] :
       {std::pair{"vocab_size", config.vocab_size},
        {"hidden_size", config.hidden_size},
        {"intermediate_size", config.intermediate_size},
        {"num_hidden_layers", config.num_hidden_layers},
        {"num_attention_heads", config.num_attention_heads},
        {"max_position_embeddings", config.max_position_embeddings},
        {"projection_dim", std::max<int64_t>(config.projection_dim, 1)}}) {
    if (value < 1 || value > kLargest) {
      throw DataError(file,
                      std::string(name) + ": expected 1 to 1048576, got " + std::to_string(value));
    }
  }
  if (config.hidden_size % config.num_attention_heads != 0) {
    throw DataError(file, "hidden_size " + std::to_string(config.hidden_size) +
                              " is no multiple of num_attention_heads " +
                              std::to_string(config.num_attention_heads));
  }
  return config;
}

ClipAttentionImpl::ClipAttentionImpl(const ClipTextConfig& config)
    : heads_(config.num_attention_heads),
      k_proj_(register_module("k_proj", Linear(config.hidden_size, config.hidden_size))),
      v_proj_(register_module("v_proj", Linear(config.hidden_size, config.hidden_size))),
      q_proj_(register_module("q_proj", Linear(config.hidden_size, config.hidden_size))),
      out_proj_(register_module("out_proj", Linear(config.hidden_size, config.hidden_size))) {}

at::Tensor ClipAttentionImpl::forward(const at::Tensor& x) {
  return out_proj_(
      multi_head_attention(q_proj_(x), k_proj_(x), v_proj_(x), heads_, AttentionMask::kCausal));
}

ClipMlpImpl::ClipMlpImpl(const ClipTextConfig& config)
    : activation_(config.hidden_act),
      fc1_(register_module("fc1", Linear(config.hidden_size, config.intermediate_size))),
      fc2_(register_module("fc2", Linear(config.intermediate_size, config.hidden_size))) {}

at::Tensor ClipMlpImpl::forward(const at::Tensor& x) {
  const at::Tensor h = fc1_(x);
  return fc2_(activation_ == ClipActivation::kQuickGelu ? h * at::sigmoid(1.702 * h) : at::gelu(h));
}

ClipEncoderLayerImpl::ClipEncoderLayerImpl(const ClipTextConfig& config)
    : self_attn_(register_module("self_attn", ClipAttention(config))),
      layer_norm1_(register_module(
          "layer_norm1",
          LayerNorm(LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps)))),
      mlp_(register_module("mlp", ClipMlp(config))),
      layer_norm2_(register_module(
          "layer_norm2",
          LayerNorm(LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps)))) {}

at::Tensor ClipEncoderLayerImpl::forward(at::Tensor x) {
  x = x + self_attn_(layer_norm1_(x));
  return x + mlp_(layer_norm2_(x));
}

ClipTextEncoderImpl::ClipTextEncoderImpl(const ClipTextConfig& config)
    : config_(config), layers_(add_scope(*this, "encoder"), "layers") {
  torch::nn::Module& embeddings = add_scope(*this, "embeddings");
  token_embedding_ = embeddings.register_module("token_embedding",
                                                Embedding(config.vocab_size, config.hidden_size));
  position_embedding_ = embeddings.register_module(
      "position_embedding", Embedding(config.max_position_embeddings, config.hidden_size));
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.append(ClipEncoderLayer(config));
  final_layer_norm_ =
      register_module("final_layer_norm",
                      LayerNorm(LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps)));
  if (config.projection_dim > 0) {
    text_projection_ = register_module(
        "text_projection",
        Linear(torch::nn::LinearOptions(config.hidden_size, config.projection_dim).bias(false)));
  }
}

at::Tensor ClipTextEncoderImpl::forward(const at::Tensor& token_ids) {
  return encode(token_ids, {}).hidden;
}

int64_t ClipTextEncoderImpl::add_token_embeddings(const at::Tensor& vectors) {
  check_shape(vectors, {"n", std::to_string(config_.hidden_size)},
              "ClipTextEncoder: token embeddings");
  at::Tensor& table = token_embedding_->weight;
  const int64_t first = table.size(0);
  table.set_data(at::cat({table, vectors.to(table.options())}));
  return first;
}

ClipTextOutput ClipTextEncoderImpl::encode(const at::Tensor& token_ids,
                                           const ClipTextLayer& layer) {
  if (layer.skipped < 0 || layer.skipped > config_.num_hidden_layers) {
    throw std::invalid_argument(
        "ClipTextEncoder: skipped layers = " + std::to_string(layer.skipped) +
        " must be from 0 to " + std::to_string(config_.num_hidden_layers));
  }
  const at::Tensor positions = at::arange(token_ids.size(1), token_ids.options());
  at::Tensor x = token_embedding_(token_ids) + position_embedding_(positions);  // [B, T, D]
  std::vector<at::Tensor> states = {x};
  for (ClipEncoderLayer& block : layers_) states.push_back(x = block(x));
  const at::Tensor last = final_layer_norm_(x);
  at::Tensor pooled =
      last.index({at::arange(last.size(0), token_ids.options()), end_tokens(token_ids)});
  if (text_projection_) pooled = text_projection_(pooled);
  const at::Tensor& wanted = states[states.size() - 1 - static_cast<std::size_t>(layer.skipped)];
  return {.hidden = layer.final_norm ? final_layer_norm_(wanted) : wanted, .pooled = pooled};
}

// The first end token of each text. Files of before 2023 say 2, which is no end token: there the
// largest id is it.
at::Tensor ClipTextEncoderImpl::end_tokens(const at::Tensor& token_ids) const {
  constexpr int64_t kWrongEnd = 2;
  if (config_.eos_token_id == kWrongEnd) {
    return token_ids.masked_fill(token_ids >= config_.vocab_size, 0).argmax(1);
  }
  return token_ids.eq(config_.eos_token_id).to(at::kInt).argmax(1);
}

}  // namespace situ
