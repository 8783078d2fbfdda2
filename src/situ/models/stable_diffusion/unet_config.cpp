// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/unet_config.h"

#include <nlohmann/json.hpp>

#include "situ/nn/config_reader.h"

namespace situ {
namespace {

// "CrossAttnDownBlock2D" -> true, "DownBlock2D" -> false, anything else is a variant situ lacks.
std::vector<bool> attention_of(const ConfigReader& reader, const char* key, const std::string& name,
                               const std::vector<std::string>& fallback, std::size_t levels) {
  const std::vector<std::string> types = reader.texts(key, fallback);
  if (types.size() != levels) reader.fail(key, "one type a level");
  std::vector<bool> has_attention;
  for (const std::string& type : types) {
    if (type != name && type != "CrossAttn" + name) reader.fail(key, name + " or CrossAttn" + name);
    has_attention.push_back(type != name);
  }
  return has_attention;
}

// Keys whose other values belong to model families that this network does not cover.
void require_supported_variant(const ConfigReader& reader) {
  reader.require("center_input_sample", false);
  reader.require("mid_block_type", "UNetMidBlock2DCrossAttn");
  reader.require("only_cross_attention", false);
  reader.require("downsample_padding", 1);
  reader.require("mid_block_scale_factor", 1);
  reader.require("act_fn", "silu");
  reader.require("dual_cross_attention", false);
  reader.require("resnet_time_scale_shift", "default");
  reader.require("resnet_skip_time_act", false);
  reader.require("resnet_out_scale_factor", 1.0);
  reader.require("time_embedding_type", "positional");
  reader.require("conv_in_kernel", 3);
  reader.require("conv_out_kernel", 3);
  reader.require("attention_type", "default");
  reader.require("class_embeddings_concat", false);
  for (const char* key :
       {"class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type",
        "time_embedding_dim", "time_embedding_act_fn", "timestep_post_act", "num_attention_heads",
        "reverse_transformer_layers_per_block", "cross_attention_norm",
        "mid_block_only_cross_attention"}) {
    reader.require(key, nullptr);
  }
}

// SDXL's "text_time": six sizes, each as a sinusoid, beside the pooled text.
void read_additional_embedding(const ConfigReader& reader, UNetConfig& config) {
  if (!reader.has("addition_embed_type")) return;
  reader.require("addition_embed_type", "text_time");
  constexpr int64_t kLargest = 1 << 16;
  config.addition_time_embed_dim = reader.integer("addition_time_embed_dim", 256, 2, kLargest);
  config.addition_input_dim =
      reader.integer("projection_class_embeddings_input_dim", 0, 1, kLargest);
  if (config.addition_input_dim <= config.addition_time_embed_dim) {
    reader.fail("projection_class_embeddings_input_dim", "more than addition_time_embed_dim");
  }
}

void require_divisible(const ConfigReader& reader, const UNetConfig& config) {
  for (std::size_t i = 0; i < config.block_out_channels.size(); ++i) {
    const int64_t channels = config.block_out_channels[i];
    if (channels % config.norm_num_groups != 0) {
      reader.fail("norm_num_groups", "a divisor of every entry of block_out_channels");
    }
    if (channels % config.attention_heads[i] != 0) {
      reader.fail("attention_head_dim", "divisors of block_out_channels (it counts heads)");
    }
  }
}

}  // namespace

UNetConfig UNetConfig::from_json(const nlohmann::json& json, const std::string& file) {
  const ConfigReader reader(json, file);
  require_supported_variant(reader);
  constexpr int64_t kLargest = 1 << 16;
  UNetConfig config;
  config.sample_size = reader.integer("sample_size", config.sample_size, 1, kLargest);
  config.in_channels = reader.integer("in_channels", config.in_channels, 1, kLargest);
  config.out_channels = reader.integer("out_channels", config.out_channels, 1, kLargest);
  config.block_out_channels = reader.integers("block_out_channels", config.block_out_channels, 0);
  const std::size_t levels = config.block_out_channels.size();
  if (levels < 1 || levels > 16) reader.fail("block_out_channels", "1 to 16 levels");
  config.layers_per_block =
      reader.integers("layers_per_block", std::vector<int64_t>(levels, 2), levels);
  config.attention_heads =
      reader.integers("attention_head_dim", std::vector<int64_t>(levels, 8), levels);
  config.transformer_layers =
      reader.integers("transformer_layers_per_block", std::vector<int64_t>(levels, 1), levels);
  config.down_has_attention = attention_of(
      reader, "down_block_types", "DownBlock2D",
      {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
      levels);
  config.up_has_attention = attention_of(
      reader, "up_block_types", "UpBlock2D",
      {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"}, levels);
  config.cross_attention_dim =
      reader.integer("cross_attention_dim", config.cross_attention_dim, 1, kLargest);
  config.norm_num_groups = reader.integer("norm_num_groups", config.norm_num_groups, 1, kLargest);
  config.norm_eps = reader.real("norm_eps", config.norm_eps);
  config.flip_sin_to_cos = reader.flag("flip_sin_to_cos", config.flip_sin_to_cos);
  config.freq_shift = reader.real("freq_shift", config.freq_shift);
  config.use_linear_projection = reader.flag("use_linear_projection", config.use_linear_projection);
  if (reader.has("time_cond_proj_dim")) {
    config.time_cond_proj_dim = reader.integer("time_cond_proj_dim", 0, 4, kLargest);
  }
  read_additional_embedding(reader, config);
  require_divisible(reader, config);
  return config;
}

}  // namespace situ
