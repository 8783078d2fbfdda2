// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/lora_file.h"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "situ/backends/lora_keys.h"
#include "situ/backends/model_files.h"
#include "situ/core/errors.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/io/torch_archive.h"

namespace situ {
namespace {

using nlohmann::json;

/// PEFT's settings of one network's LoRA, "unet.lora_alpha" and so on.
class AdapterSettings {
 public:
  AdapterSettings(const json& settings, std::string network, std::string file)
      : settings_(settings), network_(std::move(network)), file_(std::move(file)) {}

  /// What a module's update is multiplied with, times its rank; NaN where nothing says.
  double alpha(const std::string& module, int64_t rank) const {
    double value = number(find("lora_alpha"), "lora_alpha");
    if (const json* patterns = find("alpha_pattern"); patterns != nullptr) {
      if (!patterns->is_object())
        throw DataError(file_, network_ + "alpha_pattern: expected a table");
      for (const auto& [pattern, number_of_it] : patterns->items()) {
        if (!is_for(pattern, module)) continue;
        value = number(&number_of_it, "alpha_pattern");
        break;
      }
    }
    const json* rank_stabilized = find("use_rslora");
    const bool by_root = rank_stabilized != nullptr && *rank_stabilized == true;
    return by_root ? value * std::sqrt(static_cast<double>(rank)) : value;
  }

 private:
  const json* find(const char* key) const {
    const auto found = settings_.find(network_ + key);
    return found == settings_.end() || found->is_null() ? nullptr : &*found;
  }

  double number(const json* value, const char* key) const {
    if (value == nullptr) return std::nan("");
    if (!value->is_number()) {
      throw DataError(file_, network_ + key + ": expected a number, got " + value->dump());
    }
    return value->get<double>();
  }

  // PEFT matches "(.*\.)?(pattern)$". What training writes are names of modules; a regular
  // expression of an unknown file is nothing to run.
  bool is_for(std::string_view pattern, std::string_view module) const {
    const bool whole = pattern.starts_with('^');
    if (whole) pattern.remove_prefix(1);
    const bool plain = pattern.find_first_of("\\*+?()[]{}|^$") == std::string_view::npos;
    if (!plain) {
      throw DataError(file_, network_ + "alpha_pattern: expected names of modules, got '" +
                                 std::string(pattern) + "'");
    }
    if (module == pattern) return true;
    return !whole && module.ends_with("." + std::string(pattern));
  }

  const json& settings_;
  std::string network_, file_;
};

void add_alphas(StateDict& lora, const json& settings, const std::string& file) {
  if (!settings.is_object()) throw DataError(file, "lora_adapter_metadata: expected a table");
  StateDict alphas;
  for (const auto& [key, tensor] : lora) {
    const auto parsed = parse_lora_key(key);
    if (!parsed || parsed->half != LoraHalf::kDown || tensor.dim() < 1) continue;
    const std::size_t dot = parsed->module.find('.');
    if (dot == std::string::npos) continue;
    const AdapterSettings of_network(settings, parsed->module.substr(0, dot + 1), file);
    const double alpha = of_network.alpha(parsed->module.substr(dot + 1), tensor.size(0));
    if (!std::isnan(alpha))
      alphas[parsed->module + ".alpha"] = at::scalar_tensor(alpha, at::kDouble);
  }
  lora.merge(alphas);  // an alpha that is there is kept
}

}  // namespace

StateDict load_lora(const std::filesystem::path& path) {
  const bool is_folder = std::filesystem::is_directory(path);
  const std::filesystem::path file = is_folder ? weights_file(path, "pytorch_lora_weights") : path;
  StateDict lora = load_weights_file(file);
  if (is_torch_archive(file)) return lora;
  const auto metadata = SafetensorsFile(file).metadata();
  const auto settings = metadata.find("lora_adapter_metadata");
  if (settings == metadata.end()) return lora;
  const std::string where = file.string() + ": lora_adapter_metadata";
  add_alphas(lora, parse_json(settings->second, where), file.string());
  return lora;
}

}  // namespace situ
