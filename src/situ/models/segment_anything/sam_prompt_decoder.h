// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include <vector>

#include "situ/models/segment_anything/channel_norm.h"
#include "situ/models/segment_anything/sam_config.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// What is to be outlined, in pixels of the square that the network sees. N things; at least one of
/// boxes and points is defined.
struct SamPrompts {
  at::Tensor boxes = {};   ///< float [N, 4]: x0, y0, x1, y1
  at::Tensor points = {};  ///< float [N, P, 2]: x, y
  at::Tensor labels = {};  ///< int64 [N, P]: 1 on the thing, 0 beside it, -1 none, -10 ignored
  at::Tensor masks = {};   ///< float [N, 1, 4 * grid, 4 * grid]: logits of an earlier prediction
};

struct SamMasks {
  at::Tensor logits;         ///< float32 [N, M, 4 * grid, 4 * grid]
  at::Tensor predicted_iou;  ///< float32 [N, M]
};

/// Attention whose queries, keys and values are projected to a smaller width.
class SamAttentionImpl : public torch::nn::Module {
 public:
  SamAttentionImpl(std::int64_t width, std::int64_t inner, std::int64_t heads);
  /// [N, T, D], [N, S, D], [N, S, D] to [N, T, D]. A batch of 1 serves all N: what things share is
  /// projected once.
  at::Tensor forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value);

 private:
  std::int64_t heads_;
  Linear q_proj_, k_proj_, v_proj_, out_proj_;
};
TORCH_MODULE(SamAttention);

/// Linear layers with ReLU between them.
class SamFeedForwardImpl : public torch::nn::Module {
 public:
  SamFeedForwardImpl(std::int64_t in, std::int64_t hidden, std::int64_t out, std::int64_t depth);
  at::Tensor forward(const at::Tensor& x);

 private:
  Linear proj_in_, proj_out_;
  TypedModuleList<Linear> layers_;
};
TORCH_MODULE(SamFeedForward);

/// Tokens of the prompt and of the image look at each other.
class SamTwoWayLayerImpl : public torch::nn::Module {
 public:
  /// first: the layer whose self-attention has neither positions nor a residual.
  SamTwoWayLayerImpl(const SamPromptConfig& config, bool first);

  struct Tokens {
    at::Tensor prompt, image;  // [N, T, D], [N or 1, grid * grid, D]
  };
  Tokens forward(Tokens tokens, const at::Tensor& prompt_positions,
                 const at::Tensor& image_positions);

 private:
  bool first_;
  SamAttention self_{nullptr}, to_image_{nullptr}, to_prompt_{nullptr};
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr}, norm3_{nullptr}, norm4_{nullptr};
  Linear lin1_{nullptr}, lin2_{nullptr};
};
TORCH_MODULE(SamTwoWayLayer);

/// Segment Anything's prompt encoder and mask decoder (Kirillov et al. 2023), whatever made the
/// image's embedding: `shared_image_embedding`, `prompt_encoder` and `mask_decoder` of
/// transformers' SamModel, with their keys. A part of a network, which it registers itself on.
class SamPromptDecoder {
 public:
  SamPromptDecoder(torch::nn::Module& owner, const SamPromptConfig& config);

  /// embedding: [1, hidden_size, grid, grid]. One mask a thing, or with `multimask` the
  /// num_multimask_outputs others. Throws std::invalid_argument for other shapes.
  SamMasks decode(const at::Tensor& embedding, const SamPrompts& prompts, bool multimask);

 private:
  at::Tensor encoded(const at::Tensor& places) const;  // [.., 2] in [0, 1] to [.., hidden_size]
  at::Tensor sparse_tokens(const SamPrompts& prompts);
  at::Tensor point_tokens(const at::Tensor& points, const at::Tensor& labels);
  at::Tensor dense_tokens(const SamPrompts& prompts);
  at::Tensor image_positions() const;
  at::Tensor logits(const at::Tensor& image_tokens, const at::Tensor& mask_tokens,
                    std::int64_t first, std::int64_t count);
  void check(const at::Tensor& embedding, const SamPrompts& prompts) const;
  void add_prompt_encoder(torch::nn::Module& owner);
  void add_mask_decoder(torch::nn::Module& owner);

  SamPromptConfig config_;
  at::Tensor frequencies_;  // [2, hidden_size / 2]
  std::vector<Embedding> point_embed_;
  Embedding not_a_point_{nullptr}, no_mask_{nullptr};
  Conv2d mask_conv1_{nullptr}, mask_conv2_{nullptr}, mask_conv3_{nullptr};
  ChannelNorm mask_norm1_{nullptr}, mask_norm2_{nullptr};
  Embedding iou_token_{nullptr}, mask_tokens_{nullptr};
  std::vector<SamTwoWayLayer> layers_;
  SamAttention final_attention_{nullptr};
  torch::nn::LayerNorm final_norm_{nullptr};
  torch::nn::ConvTranspose2d upscale1_{nullptr}, upscale2_{nullptr};
  ChannelNorm upscale_norm_{nullptr};
  std::vector<SamFeedForward> hypernetworks_;
  SamFeedForward iou_head_{nullptr};
};

}  // namespace situ
