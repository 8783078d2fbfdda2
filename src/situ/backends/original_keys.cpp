// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/original_keys.h"

#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace situ {
namespace {

using Renaming = std::pair<std::string_view, std::string_view>;

// The rest of a key behind a prefix that `from` names, behind `to`; empty when none fits.
std::string with_prefix_of(std::string_view key, std::span<const Renaming> table) {
  for (const auto& [from, to] : table) {
    if (key.starts_with(from)) return std::string(to) + std::string(key.substr(from.size()));
  }
  return "";
}

std::vector<std::string_view> parts_of(std::string_view key) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = key.find('.');
    parts.push_back(key.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    key.remove_prefix(dot + 1);
  }
}

// What stands behind the first `count` parts of a key.
std::string_view behind(std::string_view key, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t dot = key.find('.');
    if (dot == std::string_view::npos) return "";
    key.remove_prefix(dot + 1);
  }
  return key;
}

// -1 for what is no number of at most three digits.
int64_t number_of(std::string_view text) {
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && text.size() <= 3;
  return whole && number >= 0 ? number : -1;
}

std::string resnet_key(std::string_view key) {
  static constexpr std::array<Renaming, 6> kTable = {{{"in_layers.0.", "norm1."},
                                                      {"in_layers.2.", "conv1."},
                                                      {"emb_layers.1.", "time_emb_proj."},
                                                      {"out_layers.0.", "norm2."},
                                                      {"out_layers.3.", "conv2."},
                                                      {"skip_connection.", "conv_shortcut."}}};
  return with_prefix_of(key, kTable);
}

std::string join(const std::string& front, const std::string& rest) {
  return rest.empty() ? "" : front + rest;
}

std::string numbered(const char* list, int64_t index) {
  return std::string(list) + "." + std::to_string(index) + ".";
}

// input_blocks.<n>.<0 resnet or downsampler | 1 attention>.…
std::string down_key(std::string_view key, int64_t layers) {
  const std::vector<std::string_view> parts = parts_of(key);
  if (parts.size() < 4) return "";
  const int64_t place = number_of(parts[1]);
  const std::string rest(behind(key, 3));
  if (place == 0) return parts[2] == "0" ? "conv_in." + rest : "";
  if (place < 0) return "";
  const std::string block = numbered("down_blocks", (place - 1) / (layers + 1));
  const int64_t layer = (place - 1) % (layers + 1);
  if (parts[2] == "0" && rest.starts_with("op.")) {
    return block + "downsamplers.0.conv." + rest.substr(3);
  }
  if (parts[2] == "0") return join(block + numbered("resnets", layer), resnet_key(rest));
  if (parts[2] == "1") return block + numbered("attentions", layer) + rest;
  return "";
}

// output_blocks.<n>.<0 resnet | 1 attention or upsampler | 2 upsampler>.…
std::string up_key(std::string_view key, int64_t layers) {
  const std::vector<std::string_view> parts = parts_of(key);
  if (parts.size() < 4) return "";
  const int64_t place = number_of(parts[1]);
  if (place < 0) return "";
  const std::string rest(behind(key, 3));
  const std::string block = numbered("up_blocks", place / (layers + 1));
  const int64_t layer = place % (layers + 1);
  if (parts[2] == "0") return join(block + numbered("resnets", layer), resnet_key(rest));
  if (rest.starts_with("conv.")) return block + "upsamplers.0." + rest;
  if (parts[2] == "1") return block + numbered("attentions", layer) + rest;
  return "";
}

std::string middle_key(std::string_view key) {
  const std::string rest(behind(key, 2));
  if (key.starts_with("middle_block.0.")) return join("mid_block.resnets.0.", resnet_key(rest));
  if (key.starts_with("middle_block.1.")) return "mid_block.attentions.0." + rest;
  if (key.starts_with("middle_block.2.")) return join("mid_block.resnets.1.", resnet_key(rest));
  return "";
}

// Attention's layers are 1x1 convolutions there; autoencoder_state flattens them.
std::string pixel_attention_key(std::string_view key) {
  static constexpr std::array<Renaming, 5> kTable = {{{"norm.", "group_norm."},
                                                      {"q.", "to_q."},
                                                      {"k.", "to_k."},
                                                      {"v.", "to_v."},
                                                      {"proj_out.", "to_out.0."}}};
  return with_prefix_of(key, kTable);
}

std::string autoencoder_resnet_key(std::string_view key) {
  static constexpr std::array<Renaming, 5> kTable = {{{"norm1.", "norm1."},
                                                      {"conv1.", "conv1."},
                                                      {"norm2.", "norm2."},
                                                      {"conv2.", "conv2."},
                                                      {"nin_shortcut.", "conv_shortcut."}}};
  return with_prefix_of(key, kTable);
}

}  // namespace

std::string unet_key_from_original(const std::string& key, int64_t layers) {
  if (key.starts_with("input_blocks.")) return down_key(key, layers);
  if (key.starts_with("output_blocks.")) return up_key(key, layers);
  if (key.starts_with("middle_block.")) return middle_key(key);
  static constexpr std::array<Renaming, 6> kTable = {{{"time_embed.0.", "time_embedding.linear_1."},
                                                      {"time_embed.2.", "time_embedding.linear_2."},
                                                      {"label_emb.0.0.", "add_embedding.linear_1."},
                                                      {"label_emb.0.2.", "add_embedding.linear_2."},
                                                      {"out.0.", "conv_norm_out."},
                                                      {"out.2.", "conv_out."}}};
  return with_prefix_of(key, kTable);
}

std::string autoencoder_key_from_original(const std::string& key, int64_t levels) {
  if (key.starts_with("quant_conv.") || key.starts_with("post_quant_conv.")) return key;
  const std::vector<std::string_view> parts = parts_of(key);
  if (parts.size() < 3 || (parts[0] != "encoder" && parts[0] != "decoder")) return "";
  const std::string half = std::string(parts[0]) + ".";
  if (parts[1] == "conv_in" || parts[1] == "conv_out") return key;
  if (parts[1] == "norm_out") return half + "conv_norm_out." + std::string(behind(key, 2));
  const std::string rest(behind(key, 3));
  if (parts[1] == "mid") {
    const std::string mid = half + "mid_block.";
    if (parts[2] == "block_1") return join(mid + "resnets.0.", autoencoder_resnet_key(rest));
    if (parts[2] == "block_2") return join(mid + "resnets.1.", autoencoder_resnet_key(rest));
    if (parts[2] == "attn_1") return join(mid + "attentions.0.", pixel_attention_key(rest));
    return "";
  }
  const bool down = parts[1] == "down";
  const int64_t level = number_of(parts[2]);
  if ((!down && parts[1] != "up") || level < 0 || level >= levels) return "";
  // The original counts the decoder's levels from the finest, diffusers in the order of use.
  const std::string block =
      half + (down ? numbered("down_blocks", level) : numbered("up_blocks", levels - 1 - level));
  if (rest.starts_with("downsample."))
    return block + "downsamplers.0." + std::string(behind(key, 4));
  if (rest.starts_with("upsample.")) return block + "upsamplers.0." + std::string(behind(key, 4));
  const int64_t layer = parts.size() > 4 && parts[3] == "block" ? number_of(parts[4]) : -1;
  if (layer < 0) return "";
  return join(block + numbered("resnets", layer), autoencoder_resnet_key(behind(key, 5)));
}

std::string open_clip_key_from_original(const std::string& key) {
  if (key == "token_embedding.weight") return "embeddings.token_embedding.weight";
  if (key == "positional_embedding") return "embeddings.position_embedding.weight";
  if (key == "text_projection") return "text_projection.weight";
  if (key.starts_with("ln_final.")) return "final_layer_norm." + key.substr(9);
  constexpr std::string_view kBlocks = "transformer.resblocks.";
  if (!key.starts_with(kBlocks)) return "";
  static constexpr std::array<Renaming, 5> kTable = {{{"ln_1.", "layer_norm1."},
                                                      {"ln_2.", "layer_norm2."},
                                                      {"mlp.c_fc.", "mlp.fc1."},
                                                      {"mlp.c_proj.", "mlp.fc2."},
                                                      {"attn.out_proj.", "self_attn.out_proj."}}};
  const int64_t layer = number_of(parts_of(key)[2]);
  if (layer < 0) return "";
  return join(numbered("encoder.layers", layer), with_prefix_of(behind(key, 3), kTable));
}

}  // namespace situ
