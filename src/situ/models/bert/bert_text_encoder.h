// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include "situ/models/bert/bert_config.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

class BertLayerImpl : public torch::nn::Module {
 public:
  explicit BertLayerImpl(const BertConfig& config);
  /// x: [B, T, D]; attention_mask: [B, 1, T, T], true = may look.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& attention_mask);

 private:
  std::int64_t heads_;
  Linear query_{nullptr}, key_{nullptr}, value_{nullptr};
  Linear attention_output_{nullptr}, intermediate_{nullptr}, output_{nullptr};
  torch::nn::LayerNorm attention_norm_{nullptr}, output_norm_{nullptr};
};
TORCH_MODULE(BertLayer);

/// BERT (Devlin et al. 2019) as transformers' BertModel without its pooler, with its keys.
class BertTextEncoderImpl : public torch::nn::Module {
 public:
  explicit BertTextEncoderImpl(const BertConfig& config);

  /// The last hidden state, [B, T, hidden_size]. token_ids: int64 [B, T]; attention_mask: bool
  /// [B, T, T], row may look at column where true; position_ids: int64 [B, T]. All tokens are of
  /// type 0. Throws std::invalid_argument for other shapes and masks of another dtype.
  at::Tensor forward(const at::Tensor& token_ids, const at::Tensor& attention_mask,
                     const at::Tensor& position_ids);

  const BertConfig& config() const { return config_; }

 private:
  BertConfig config_;
  Embedding word_embeddings_{nullptr}, position_embeddings_{nullptr},
      token_type_embeddings_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  TypedModuleList<BertLayer> layers_;
};
TORCH_MODULE(BertTextEncoder);

}  // namespace situ
