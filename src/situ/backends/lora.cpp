// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/lora.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <string_view>

#include "situ/backends/model_files.h"
#include "situ/backends/original_keys.h"
#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

/// The update of one module.
struct Update {
  at::Tensor down, up, alpha;
};

enum class Half { kDown, kUp, kAlpha };

struct Ending {
  std::string_view text;
  Half half;
};

constexpr std::array<Ending, 11> kEndings = {{{".lora_linear_layer.down.weight", Half::kDown},
                                              {".lora_linear_layer.up.weight", Half::kUp},
                                              {".lora_A.weight", Half::kDown},
                                              {".lora_B.weight", Half::kUp},
                                              {".lora_down.weight", Half::kDown},
                                              {".lora_up.weight", Half::kUp},
                                              {".lora.down.weight", Half::kDown},
                                              {".lora.up.weight", Half::kUp},
                                              {"_lora.down.weight", Half::kDown},
                                              {"_lora.up.weight", Half::kUp},
                                              {".alpha", Half::kAlpha}}};

std::map<std::string, Update> updates_in(const StateDict& lora, const std::string& file) {
  std::map<std::string, Update> updates;
  constexpr std::size_t kLongestKey = 512;  // longer than any network's, and safe to match
  for (const auto& [key, tensor] : lora) {
    if (key.size() > kLongestKey) throw DataError(file, "a key of more than 512 bytes");
    const auto ending = std::find_if(kEndings.begin(), kEndings.end(),
                                     [&](const Ending& e) { return key.ends_with(e.text); });
    if (ending == kEndings.end()) {
      throw DataError(file, "the tensor " + key +
                                " is no part of a plain LoRA (DoRA, LoHa and LoKr "
                                "are not supported)");
    }
    Update& update = updates[key.substr(0, key.size() - ending->text.size())];
    at::Tensor& place = ending->half == Half::kDown ? update.down
                        : ending->half == Half::kUp ? update.up
                                                    : update.alpha;
    if (place.defined()) throw DataError(file, key + " is there under another name as well");
    place = tensor;
  }
  return updates;
}

std::string flat(std::string key) {
  std::replace(key.begin(), key.end(), '.', '_');
  return key;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The modules of one network by their key without ".weight", and by that with underscores.
class Modules {
 public:
  explicit Modules(StateDict& state) : state_(state) {
    constexpr std::string_view kWeight = ".weight";
    for (const auto& [key, tensor] : state) {
      if (key.ends_with(kWeight)) {
        const std::string module = key.substr(0, key.size() - kWeight.size());
        by_flat_name_.emplace(flat(module), key);
      }
    }
  }

  /// The weight that a name with dots or underscores stands for; nullptr where there is none.
  at::Tensor* weight(const std::string& name) {
    const auto found = by_flat_name_.find(flat(name));
    return found == by_flat_name_.end() ? nullptr : &state_.at(found->second);
  }

 private:
  StateDict& state_;
  std::map<std::string, std::string> by_flat_name_;
};

int64_t resnets_a_level(const StateDict& unet) {
  int64_t count = 0;
  while (unet.contains("down_blocks.0.resnets." + std::to_string(count) + ".conv1.weight")) ++count;
  return count;
}

// kohya's scripts name SDXL's blocks as the original does: input_blocks_4_1_transformer_blocks_0_….
std::string from_original_blocks(const std::string& name, int64_t layers) {
  static const std::regex kBlock("(input|output)_blocks_(\\d+)_(\\d+)_(.*)");
  static const std::regex kMiddle("middle_block_(\\d+)_(.*)");
  std::smatch m;
  std::string front, rest;
  if (std::regex_match(name, m, kBlock)) {
    front = m[1].str() + "_blocks." + m[2].str() + "." + m[3].str() + ".";
    rest = m[4];
  } else if (std::regex_match(name, m, kMiddle)) {
    front = "middle_block." + m[1].str() + ".";
    rest = m[2];
  } else {
    return name;
  }
  for (const char* layer : {"in_layers_2", "emb_layers_1", "out_layers_3"}) {
    if (rest == layer) rest[rest.size() - 2] = '.';
  }
  const std::string key = unet_key_from_original(front + rest + ".weight", layers);
  return key.empty() ? name : key.substr(0, key.size() - std::string_view(".weight").size());
}

/// Finds the weight that an update changes.
class Targets {
 public:
  explicit Targets(const LoraTargets& targets)
      : unet_(*targets.unet), layers_(resnets_a_level(*targets.unet)) {
    for (StateDict* text : targets.text_encoders) texts_.emplace_back(*text);
  }

  at::Tensor* weight(const std::string& module) {
    if (module.starts_with("lora_unet_")) {
      return unet_.weight(from_original_blocks(module.substr(10), layers_));
    }
    if (module.starts_with("unet.")) return unet_.weight(attention_name(module.substr(5)));
    const std::array<std::pair<std::string_view, std::size_t>, 5> kTexts = {
        {{"lora_te_", 0},
         {"lora_te1_", 0},
         {"lora_te2_", 1},
         {"text_encoder.", 0},
         {"text_encoder_2.", 1}}};
    for (const auto& [prefix, index] : kTexts) {
      if (module.starts_with(prefix) && index < texts_.size()) {
        const std::string name = flat(module.substr(prefix.size()));
        return texts_[index].weight(text_attention_name(replaced(name, "text_model_", "")));
      }
    }
    return unet_.weight(attention_name(module));
  }

 private:
  // And they called the text encoder's products as the denoiser's.
  static std::string text_attention_name(const std::string& name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kProducts = {
        {{"_to_q", "_q_proj"},
         {"_to_k", "_k_proj"},
         {"_to_v", "_v_proj"},
         {"_to_out", "_out_proj"}}};
    for (const auto& [before, now] : kProducts) {
      if (name.ends_with(before)) return replaced(name, before, now);
    }
    return name;
  }

  // Before PEFT the updates belonged to attention's processors, "….attn1.processor.to_out".
  static std::string attention_name(const std::string& module) {
    const std::string name = replaced(module, ".processor.", ".");
    return name.ends_with(".to_out") ? name + ".0" : name;
  }

  Modules unet_;
  int64_t layers_;
  std::vector<Modules> texts_;
};

at::Tensor changed(const at::Tensor& weight, const Update& update, double scale,
                   const std::string& where) {
  const at::Tensor down = update.down.to(at::kFloat).flatten(1);  // [rank, in * k * k]
  const at::Tensor up = update.up.to(at::kFloat).flatten(1);      // [out, rank]
  const int64_t rank = down.size(0);
  if (rank < 1 || up.size(1) != rank || up.size(0) != weight.size(0) ||
      up.size(0) * down.size(1) != weight.numel()) {
    throw DataError(where, "expected an update of " + shape_text(weight) + ", got " +
                               shape_text(update.up) + " times " + shape_text(update.down));
  }
  double share = scale;
  if (update.alpha.defined()) {
    if (update.alpha.numel() != 1) throw DataError(where, "its alpha is no single number");
    share *= update.alpha.to(at::kDouble).item<double>() / static_cast<double>(rank);
  }
  const at::Tensor delta = up.matmul(down).view(weight.sizes()) * share;
  return (weight.to(at::kFloat) + delta).to(weight.scalar_type());
}

}  // namespace

void merge_lora(const StateDict& lora, double scale, const LoraTargets& targets,
                const std::string& file) {
  Targets known(targets);
  for (const auto& [module, update] : updates_in(lora, file)) {
    const std::string where = file + ": " + module;
    if (!update.down.defined() || !update.up.defined() || update.down.dim() < 2 ||
        update.up.dim() < 2) {
      throw DataError(where, "one half of the update is missing or no matrix");
    }
    at::Tensor* weight = known.weight(module);
    if (weight == nullptr) {
      throw DataError(where, "the model has no such module: the LoRA is for another model");
    }
    *weight = changed(*weight, update, scale, where);
  }
}

}  // namespace situ
