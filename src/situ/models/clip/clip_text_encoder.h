// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>
#include <nlohmann/json_fwd.hpp>

#include <string>

#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

enum class ClipActivation { kQuickGelu, kGelu };

/// The keys of transformers' CLIPTextConfig that shape the network.
struct ClipTextConfig {
  int64_t vocab_size = 49408;
  int64_t hidden_size = 512;
  int64_t intermediate_size = 2048;
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 8;
  int64_t max_position_embeddings = 77;
  double layer_norm_eps = 1e-5;
  ClipActivation hidden_act = ClipActivation::kQuickGelu;
  int64_t eos_token_id = 49407;
  int64_t projection_dim = 0;  // of CLIPTextModelWithProjection; 0: no projection

  /// Reads `config.json` of a text_encoder folder; `architectures` says whether it projects.
  /// Throws DataError naming `file` and the key.
  static ClipTextConfig from_json(const nlohmann::json& json, const std::string& file);
};

class ClipAttentionImpl : public torch::nn::Module {
 public:
  explicit ClipAttentionImpl(const ClipTextConfig& config);
  at::Tensor forward(const at::Tensor& x);  // [B, T, D] -> [B, T, D], causal

 private:
  int64_t heads_;
  Linear k_proj_, v_proj_, q_proj_, out_proj_;
};
TORCH_MODULE(ClipAttention);

class ClipMlpImpl : public torch::nn::Module {
 public:
  explicit ClipMlpImpl(const ClipTextConfig& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  ClipActivation activation_;
  Linear fc1_, fc2_;
};
TORCH_MODULE(ClipMlp);

class ClipEncoderLayerImpl : public torch::nn::Module {
 public:
  explicit ClipEncoderLayerImpl(const ClipTextConfig& config);
  at::Tensor forward(at::Tensor x);

 private:
  ClipAttention self_attn_;
  torch::nn::LayerNorm layer_norm1_;
  ClipMlp mlp_;
  torch::nn::LayerNorm layer_norm2_;
};
TORCH_MODULE(ClipEncoderLayer);

/// Which hidden state of the text encoder is wanted (transformers' hidden_states[-1 - skipped]).
struct ClipTextLayer {
  int64_t skipped = 0;     // layers at the end that are left out
  bool final_norm = true;  // SDXL takes {1, false}
};

/// What one pass of the text encoder gives.
struct ClipTextOutput {
  /// Of the layer asked for: [B, T, D].
  at::Tensor hidden;
  /// The end token's last hidden state after the final norm, projected where the network projects:
  /// [B, D] or [B, projection_dim].
  at::Tensor pooled;
};

/// CLIP's text tower (Radford et al. 2021), as transformers' CLIPTextModel, or with a
/// projection_dim CLIPTextModelWithProjection; keys as in its files, without the outer
/// "text_model.".
class ClipTextEncoderImpl : public torch::nn::Module {
 public:
  explicit ClipTextEncoderImpl(const ClipTextConfig& config);

  /// Last hidden state after the final norm. token_ids: int64 [B, T], T <= max_position_embeddings;
  /// returns [B, T, D]. Padding is attended, as in the published models.
  at::Tensor forward(const at::Tensor& token_ids);

  /// Gives the network words of its own: rows behind its table of token embeddings (textual
  /// inversion, Gal et al. 2022). vectors: [n, hidden_size]; returns the first one's id.
  int64_t add_token_embeddings(const at::Tensor& vectors);

  /// Throws std::invalid_argument unless 0 <= layer.skipped <= num_hidden_layers.
  ClipTextOutput encode(const at::Tensor& token_ids, const ClipTextLayer& layer);

  const ClipTextConfig& config() const { return config_; }

 private:
  at::Tensor end_tokens(const at::Tensor& token_ids) const;

  ClipTextConfig config_;
  Embedding token_embedding_{nullptr}, position_embedding_{nullptr};
  TypedModuleList<ClipEncoderLayer> layers_;
  torch::nn::LayerNorm final_layer_norm_{nullptr};
  Linear text_projection_{nullptr};
};
TORCH_MODULE(ClipTextEncoder);

}  // namespace situ
