// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>

#include "situ/models/segment_anything/sam_prompt_decoder.h"
#include "situ/nn/attention.h"
#include "situ/nn/module_scope.h"

namespace situ {

SamAttentionImpl::SamAttentionImpl(std::int64_t width, std::int64_t inner, std::int64_t heads)
    : heads_(heads),
      q_proj_(register_module("q_proj", Linear(width, inner))),
      k_proj_(register_module("k_proj", Linear(width, inner))),
      v_proj_(register_module("v_proj", Linear(width, inner))),
      out_proj_(register_module("out_proj", Linear(inner, width))) {}

at::Tensor SamAttentionImpl::forward(const at::Tensor& query, const at::Tensor& key,
                                     const at::Tensor& value) {
  const at::Tensor q = q_proj_(query), k = k_proj_(key), v = v_proj_(value);
  const std::int64_t things = std::max(q.size(0), k.size(0));
  const auto of_each = [&](const at::Tensor& x) { return x.expand({things, -1, -1}); };
  return out_proj_(multi_head_attention(of_each(q), of_each(k), of_each(v), heads_));
}

SamFeedForwardImpl::SamFeedForwardImpl(std::int64_t in, std::int64_t hidden, std::int64_t out,
                                       std::int64_t depth)
    : proj_in_(register_module("proj_in", Linear(in, hidden))),
      proj_out_(register_module("proj_out", Linear(hidden, out))),
      layers_(*this, "layers") {
  for (std::int64_t i = 2; i < depth; ++i) layers_.append(Linear(hidden, hidden));
}

at::Tensor SamFeedForwardImpl::forward(const at::Tensor& x) {
  at::Tensor h = proj_in_(x).relu();
  for (Linear& layer : layers_) h = layer(h).relu();
  return proj_out_(h);
}

SamTwoWayLayerImpl::SamTwoWayLayerImpl(const SamPromptConfig& config, bool first) : first_(first) {
  const std::int64_t width = config.hidden_size, heads = config.num_attention_heads;
  const std::int64_t inner = width / config.attention_downsample_rate;
  self_ = register_module("self_attn", SamAttention(width, width, heads));
  to_image_ = register_module("cross_attn_token_to_image", SamAttention(width, inner, heads));
  to_prompt_ = register_module("cross_attn_image_to_token", SamAttention(width, inner, heads));
  const auto norm = [&](const char* name) {
    return register_module(
        name,
        torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(config.layer_norm_eps)));
  };
  norm1_ = norm("layer_norm1");
  norm2_ = norm("layer_norm2");
  norm3_ = norm("layer_norm3");
  norm4_ = norm("layer_norm4");
  torch::nn::Module& mlp = add_scope(*this, "mlp");
  lin1_ = mlp.register_module("lin1", Linear(width, config.mlp_dim));
  lin2_ = mlp.register_module("lin2", Linear(config.mlp_dim, width));
}

SamTwoWayLayerImpl::Tokens SamTwoWayLayerImpl::forward(Tokens tokens,
                                                       const at::Tensor& prompt_positions,
                                                       const at::Tensor& image_positions) {
  auto& [prompt, image] = tokens;
  if (first_) {
    prompt = self_(prompt, prompt, prompt);
  } else {
    const at::Tensor placed = prompt + prompt_positions;
    prompt = prompt + self_(placed, placed, prompt);
  }
  prompt = norm1_(prompt);
  const at::Tensor placed_image = image + image_positions;
  prompt = norm2_(prompt + to_image_(prompt + prompt_positions, placed_image, image));
  prompt = norm3_(prompt + lin2_(lin1_(prompt).relu()));
  image = norm4_(image + to_prompt_(placed_image, prompt + prompt_positions, prompt));
  return tokens;
}

}  // namespace situ
