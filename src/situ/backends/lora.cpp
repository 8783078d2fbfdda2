// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/lora.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "situ/backends/lora_keys.h"
#include "situ/backends/model_files.h"
#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

/// The update of one module.
struct Update {
  at::Tensor down, up, alpha;
};

std::map<std::string, Update> updates_in(const StateDict& lora, const std::string& file) {
  require_lora(lora, file);
  require_finite(lora, file);
  std::map<std::string, Update> updates;
  for (const auto& [key, tensor] : lora) {
    const auto [module, half] = parse_lora_key(key).value();
    Update& update = updates[module];
    at::Tensor& place = half == LoraHalf::kDown ? update.down
                        : half == LoraHalf::kUp ? update.up
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

/// A weight of the model.
struct Target {
  std::string key;
  at::Tensor* weight = nullptr;
};

/// The weights of one network by their key without ".weight" and with underscores.
class Modules {
 public:
  explicit Modules(StateDict& state) {
    constexpr std::string_view kWeight = ".weight";
    for (auto& [key, tensor] : state) {
      if (!key.ends_with(kWeight)) continue;
      by_flat_name_.emplace(flat(key.substr(0, key.size() - kWeight.size())), Target{key, &tensor});
    }
  }

  /// The weight that a name with dots or underscores stands for; nothing where there is none.
  std::optional<Target> find(const std::string& name) const {
    const auto found = by_flat_name_.find(flat(name));
    return found == by_flat_name_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, Target> by_flat_name_;
};

int64_t resnets_a_level(const StateDict& unet) {
  int64_t count = 0;
  while (unet.contains("down_blocks.0.resnets." + std::to_string(count) + ".conv1.weight")) ++count;
  return count;
}

/// Finds the weight that an update changes.
class Targets {
 public:
  explicit Targets(const LoraTargets& targets)
      : unet_(*targets.unet), layers_(resnets_a_level(*targets.unet)) {
    for (StateDict* text : targets.text_encoders) texts_.emplace_back(*text);
  }

  std::optional<Target> find(const std::string& module) const {
    if (module.starts_with("lora_unet_")) {
      return unet_.find(denoiser_module_from_kohya(module.substr(10), layers_));
    }
    if (module.starts_with("unet.")) return unet_.find(attention_name(module.substr(5)));
    const std::array<std::pair<std::string_view, std::size_t>, 5> kTexts = {
        {{"lora_te_", 0},
         {"lora_te1_", 0},
         {"lora_te2_", 1},
         {"text_encoder.", 0},
         {"text_encoder_2.", 1}}};
    for (const auto& [prefix, index] : kTexts) {
      if (module.starts_with(prefix) && index < texts_.size()) {
        const std::string name = flat(module.substr(prefix.size()));
        return texts_[index].find(text_attention_name(replaced(name, "text_model_", "")));
      }
    }
    return unet_.find(attention_name(module));
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

at::Tensor changed(const Target& target, const Update& update, double scale,
                   const std::string& where) {
  const at::Tensor& weight = *target.weight;
  const at::Tensor down = update.down.to(at::kFloat).flatten(1);  // [rank, in * k * k]
  const at::Tensor up = update.up.to(at::kFloat).flatten(1);      // [out, rank]
  const int64_t rank = down.size(0);
  if (rank < 1 || up.size(1) != rank || up.size(0) != weight.size(0) ||
      up.size(0) * down.size(1) != weight.numel()) {
    throw DataError(where, "expected an update of " + target.key + ", " + shape_text(weight) +
                               ", got " + shape_text(update.up) + " times " +
                               shape_text(update.down) + ": the LoRA is for another model");
  }
  double share = scale;
  if (update.alpha.defined()) {
    if (update.alpha.numel() != 1) throw DataError(where, "its alpha is no single number");
    share *= update.alpha.to(at::kDouble).item<double>() / static_cast<double>(rank);
  }
  const at::Tensor delta = up.matmul(down).view(weight.sizes()) * share;
  return (weight.to(at::kFloat) + delta).to(weight.scalar_type());
}

void require_two_matrices(const Update& update, const std::string& where) {
  const auto is_matrix = [](const at::Tensor& half) { return half.defined() && half.dim() >= 2; };
  if (is_matrix(update.down) && is_matrix(update.up)) return;
  throw DataError(where, "one half of the update is missing or no matrix");
}

[[noreturn]] void throw_unknown(const std::vector<std::string>& unknown, std::size_t count,
                                const std::string& file) {
  constexpr std::size_t kShown = 3;
  const std::size_t shown = std::min(kShown, unknown.size());
  throw DataError(file,
                  std::to_string(unknown.size()) + " of its " + std::to_string(count) +
                      " modules are not in the model (" + listed(std::span(unknown).first(shown)) +
                      (unknown.size() > shown ? ", ..." : "") + "): the LoRA is for another model");
}

}  // namespace

void merge_lora(const StateDict& lora, double scale, const LoraTargets& targets,
                const std::string& file) {
  const Targets known(targets);
  const std::map<std::string, Update> updates = updates_in(lora, file);
  std::vector<std::string> unknown;
  for (const auto& [module, update] : updates) {
    require_two_matrices(update, file + ": " + module);
    if (!known.find(module)) unknown.push_back(module);
  }
  if (!unknown.empty()) throw_unknown(unknown, updates.size(), file);
  for (const auto& [module, update] : updates) {
    const Target target = known.find(module).value();
    *target.weight = changed(target, update, scale, file + ": " + module);
  }
}

}  // namespace situ
