// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/original_checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>

#include "situ/backends/model_files.h"
#include "situ/backends/original_autoencoder.h"
#include "situ/backends/original_keys.h"
#include "situ/backends/state_shapes.h"
#include "situ/core/errors.h"

namespace situ {
namespace {

using nlohmann::json;

constexpr const char* kUNet = "model.diffusion_model.";
constexpr const char* kAutoencoder = "first_stage_model.";
constexpr const char* kSd1Text = "cond_stage_model.transformer.";
constexpr const char* kSd2Text = "cond_stage_model.model.";
constexpr const char* kSdxlText = "conditioner.embedders.0.transformer.";
constexpr const char* kSdxlText2 = "conditioner.embedders.1.model.";
constexpr int64_t kHeadSize = 64;

int64_t heads_of(int64_t channels, const std::string& file) {
  if (channels % kHeadSize == 0) return channels / kHeadSize;
  throw DataError(file, "the number of attention heads of " + std::to_string(channels) +
                            " channels is not in the file; give the model's configuration");
}

struct UNetPlan {
  int64_t layers = 0;
  std::vector<int64_t> channels, transformer_layers;
  std::vector<bool> attention;
};

// The place of each downsampler tells the resnets a level; places count from conv_in, which is 0.
UNetPlan plan_of(const StateShapes& shapes) {
  UNetPlan plan;
  int64_t places = shapes.count("input_blocks.", ".");
  for (int64_t place = 1; place < places && plan.layers == 0; ++place) {
    if (shapes.contains("input_blocks." + std::to_string(place) + ".0.op."))
      plan.layers = place - 1;
  }
  if (plan.layers == 0) plan.layers = places - 1;  // a single level
  for (int64_t place = 1; place < places; place += plan.layers + 1) {
    const std::string block = "input_blocks." + std::to_string(place);
    plan.channels.push_back(shapes.size(block + ".0.out_layers.3.weight", 0));
    const int64_t depth = shapes.count(block + ".1.transformer_blocks.", ".");
    plan.attention.push_back(depth > 0);
    plan.transformer_layers.push_back(std::max<int64_t>(depth, 1));
  }
  // The middle block counts as part of the last level, which may have no attention of its own.
  if (!plan.attention.empty() && !plan.attention.back()) {
    plan.transformer_layers.back() =
        std::max<int64_t>(shapes.count("middle_block.1.transformer_blocks.", "."), 1);
  }
  return plan;
}

json unet_config(const StateShapes& shapes, const UNetPlan& plan, CheckpointFamily family,
                 int64_t pooled_width, const std::string& file) {
  json down = json::array(), up = json::array(), heads = json::array();
  for (std::size_t i = 0; i < plan.channels.size(); ++i) {
    down.push_back(plan.attention[i] ? "CrossAttnDownBlock2D" : "DownBlock2D");
    const bool attends = plan.attention[plan.channels.size() - 1 - i];
    up.push_back(attends ? "CrossAttnUpBlock2D" : "UpBlock2D");
    heads.push_back(family == CheckpointFamily::kSd1 ? 8 : heads_of(plan.channels[i], file));
  }
  const std::string attention = "middle_block.1.";
  const int64_t in_channels = shapes.size("input_blocks.0.0.weight", 1);
  const bool large = family == CheckpointFamily::kSd2 && in_channels == 4;
  json config = {
      {"_class_name", "UNet2DConditionModel"},
      {"sample_size", family == CheckpointFamily::kSdxl ? 128
                      : large                           ? 96
                                                        : 64},
      {"in_channels", in_channels},
      {"out_channels", shapes.size("out.2.weight", 0)},
      {"block_out_channels", plan.channels},
      {"layers_per_block", plan.layers},
      {"down_block_types", down},
      {"up_block_types", up},
      {"attention_head_dim", heads},
      {"transformer_layers_per_block", plan.transformer_layers},
      {"cross_attention_dim", shapes.size(attention + "transformer_blocks.0.attn2.to_k.weight", 1)},
      {"use_linear_projection", shapes.axes(attention + "proj_in.weight") == 2}};
  if (shapes.contains("label_emb.")) {
    constexpr int64_t kTimeIds = 6;
    const int64_t input = shapes.size("label_emb.0.0.weight", 1);
    config["addition_embed_type"] = "text_time";
    config["addition_time_embed_dim"] = (input - pooled_width) / kTimeIds;
    config["projection_class_embeddings_input_dim"] = input;
  }
  return config;
}

ConvertedPart unet_part(const StateDict& state, CheckpointFamily family, int64_t pooled_width,
                        const std::string& file) {
  const StateDict original = below(state, kUNet);
  const StateShapes shapes(original, file);
  const UNetPlan plan = plan_of(shapes);
  ConvertedPart part{.config = unet_config(shapes, plan, family, pooled_width, file)};
  part.weights = renamed_all(
      original, [&](const std::string& key) { return unet_key_from_original(key, plan.layers); });
  return part;
}

json text_config(const StateDict& weights, const char* activation, const std::string& file) {
  const StateShapes shapes(weights, file);
  const int64_t width = shapes.size("embeddings.token_embedding.weight", 1);
  return {{"vocab_size", shapes.size("embeddings.token_embedding.weight", 0)},
          {"hidden_size", width},
          {"intermediate_size", shapes.size("encoder.layers.0.mlp.fc1.weight", 0)},
          {"num_hidden_layers", shapes.count("encoder.layers.", ".")},
          {"num_attention_heads", heads_of(width, file)},
          {"max_position_embeddings", shapes.size("embeddings.position_embedding.weight", 0)},
          {"hidden_act", activation}};
}

ConvertedPart clip_part(const StateDict& state, const char* prefix, const std::string& file) {
  ConvertedPart part{.config = {}, .weights = renamed(below(state, prefix), clip_text_key)};
  part.config = text_config(part.weights, "quick_gelu", file);
  return part;
}

// open_clip keeps the three products of attention in one tensor.
void add_split(StateDict& weights, const std::string& key, const at::Tensor& joined) {
  const std::string layer = key.substr(0, key.find(".attn."));
  const std::string number = layer.substr(layer.rfind('.') + 1);
  const std::string kind = key.ends_with("weight") ? "weight" : "bias";
  const std::vector<at::Tensor> parts = joined.chunk(3);
  const char* const names[] = {"q_proj", "k_proj", "v_proj"};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    weights["encoder.layers." + number + ".self_attn." + names[i] + "." + kind] = parts[i];
  }
}

ConvertedPart open_clip_part(const StateDict& state, const char* prefix, CheckpointFamily family,
                             const std::string& file) {
  const StateDict original = below(state, prefix);
  const int64_t layers = StateShapes(original, file).count("transformer.resblocks.", ".");
  // SD2 ends one layer early, so published folders have one layer fewer.
  const bool shortened = family == CheckpointFamily::kSd2;
  const std::string left_out = "transformer.resblocks." + std::to_string(layers - 1) + ".";
  ConvertedPart part;
  for (const auto& [key, tensor] : original) {
    if (key == "logit_scale" || (shortened && key.starts_with(left_out))) continue;
    if (key == "text_projection") {
      if (!shortened) part.weights["text_projection.weight"] = tensor.t();
    } else if (key.find(".attn.in_proj_") != std::string::npos) {
      add_split(part.weights, key, tensor);
    } else {
      const std::string name = open_clip_key_from_original(key);
      part.weights[name.empty() ? prefix + key : name] = tensor;
    }
  }
  part.config = text_config(part.weights, "gelu", file);
  if (!shortened) {
    part.config["architectures"] = {"CLIPTextModelWithProjection"};
    part.config["projection_dim"] =
        StateShapes(part.weights, file).size("text_projection.weight", 0);
  }
  return part;
}

json scheduler_config(CheckpointFamily family, bool predicts_v, const std::string& prediction) {
  json config = {
      {"_class_name", "PNDMScheduler"},   {"beta_start", 0.00085}, {"beta_end", 0.012},
      {"beta_schedule", "scaled_linear"}, {"clip_sample", false},  {"set_alpha_to_one", false},
      {"skip_prk_steps", true},           {"steps_offset", 1},     {"timestep_spacing", "leading"},
      {"prediction_type", prediction}};
  if (family == CheckpointFamily::kSdxl) config["_class_name"] = "EulerDiscreteScheduler";
  if (predicts_v) config["_class_name"] = "DDIMScheduler";
  return config;
}

CheckpointFamily family_of(const StateDict& state, const std::string& file) {
  if (has_prefix(state, kUNet) && has_prefix(state, kAutoencoder)) {
    if (has_prefix(state, kSdxlText2)) return CheckpointFamily::kSdxl;
    if (has_prefix(state, kSd2Text)) return CheckpointFamily::kSd2;
    if (has_prefix(state, kSd1Text)) return CheckpointFamily::kSd1;
  }
  throw DataError(file,
                  "expected a whole Stable Diffusion checkpoint (denoiser, autoencoder and "
                  "text encoder); it looks like " +
                      looks_like(state));
}

}  // namespace

std::string looks_like(const StateDict& state) {
  const auto any = [&](auto&& test) {
    return std::any_of(state.begin(), state.end(),
                       [&](const auto& item) { return test(item.first); });
  };
  const auto contains = [&](const char* text) {
    return any([&](const std::string& key) { return key.find(text) != std::string::npos; });
  };
  if (state.empty()) return "a file without tensors";
  if (contains("lora_down") || contains("lora_A") || contains("lora.down"))
    return "a LoRA (--lora)";
  if (contains("control_model.") || contains("controlnet_")) return "a ControlNet";
  if (contains("double_blocks.") || contains("joint_blocks.")) {
    return "a Flux or Stable Diffusion 3 model, which situ does not run";
  }
  if (has_prefix(state, "conditioner.embedders.0.model."))
    return "SDXL's refiner, which situ does not run";
  if (has_prefix(state, kUNet) && has_prefix(state, kAutoencoder))
    return "a checkpoint of whole networks";
  if (has_prefix(state, kUNet)) return "a denoiser without autoencoder or text encoder";
  if (has_prefix(state, "encoder.down") || has_prefix(state, kAutoencoder))
    return "an autoencoder alone (--vae)";
  if (state.contains("encoder.layers.0.weight") || has_prefix(state, "taesd_") ||
      is_tiny_encoder(state) || is_tiny_decoder(state)) {
    return "a tiny autoencoder (--vae)";
  }
  if (has_prefix(state, "down_blocks."))
    return "the denoiser of a diffusers folder; name the folder";
  if (contains("text_model.encoder.") || has_prefix(state, "encoder.layers.0.self_attn."))
    return "a text encoder alone";
  if (contains("string_to_param") || state.size() <= 2) return "a textual inversion embedding";
  return "something else; its first tensor is " + state.begin()->first;
}

OriginalCheckpoint from_original_layout(const StateDict& state, const std::string& file,
                                        const std::optional<std::string>& prediction_type) {
  OriginalCheckpoint checkpoint{.family = family_of(state, file)};
  const CheckpointFamily family = checkpoint.family;
  int64_t pooled_width = 0;
  if (family == CheckpointFamily::kSd1) {
    checkpoint.text_encoders.push_back(clip_part(state, kSd1Text, file));
  } else if (family == CheckpointFamily::kSd2) {
    checkpoint.text_encoders.push_back(open_clip_part(state, kSd2Text, family, file));
  } else {
    checkpoint.text_encoders.push_back(clip_part(state, kSdxlText, file));
    checkpoint.text_encoders.push_back(open_clip_part(state, kSdxlText2, family, file));
    pooled_width = checkpoint.text_encoders.back().config["projection_dim"];
  }
  checkpoint.unet = unet_part(state, family, pooled_width, file);
  checkpoint.vae = autoencoder_from_original(
      below(state, kAutoencoder), family == CheckpointFamily::kSdxl ? 0.13025 : 0.18215, file);
  const bool guess_v =
      family == CheckpointFamily::kSd2 && checkpoint.unet.config["in_channels"] == 4;
  const std::string prediction = prediction_type.value_or(guess_v ? "v_prediction" : "epsilon");
  checkpoint.scheduler = scheduler_config(family, prediction == "v_prediction", prediction);
  return checkpoint;
}

}  // namespace situ
