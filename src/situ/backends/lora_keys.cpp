// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/lora_keys.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "situ/backends/original_checkpoint.h"
#include "situ/backends/original_keys.h"
#include "situ/core/errors.h"

namespace situ {
namespace {

struct Ending {
  std::string_view text;
  LoraHalf half;
};

constexpr std::array<Ending, 11> kEndings = {{{".lora_linear_layer.down.weight", LoraHalf::kDown},
                                              {".lora_linear_layer.up.weight", LoraHalf::kUp},
                                              {".lora_A.weight", LoraHalf::kDown},
                                              {".lora_B.weight", LoraHalf::kUp},
                                              {".lora_down.weight", LoraHalf::kDown},
                                              {".lora_up.weight", LoraHalf::kUp},
                                              {".lora.down.weight", LoraHalf::kDown},
                                              {".lora.up.weight", LoraHalf::kUp},
                                              {"_lora.down.weight", LoraHalf::kDown},
                                              {"_lora.up.weight", LoraHalf::kUp},
                                              {".alpha", LoraHalf::kAlpha}}};

/// Other ways to adapt a network, by what stands in their keys behind the module (LyCORIS's names,
/// and PEFT's). Keys are searched with a "." at their end.
struct OtherAdapter {
  std::string_view mark, name;
};

constexpr std::array<OtherAdapter, 14> kOtherAdapters = {
    {{".dora_scale.", "a DoRA"},
     {".lora_magnitude_vector.", "a DoRA"},
     {".hada_", "a LoHa"},
     {".lokr_", "a LoKr"},
     {".on_input.", "an (IA)^3"},
     {".ia3_l.", "an (IA)^3"},
     {".oft_", "an OFT"},
     {".lora_mid.", "a LoCon with Tucker's decomposition"},
     {".lora_A.bias.", "a LoRA with biases"},
     {".lora_B.bias.", "a LoRA with biases"},
     {".lora_down.bias.", "a LoRA with biases"},
     {".lora_up.bias.", "a LoRA with biases"},
     {".diff.", "an adapter with whole differences of weights"},
     {".diff_b.", "an adapter with whole differences of weights"}}};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "input_blocks_4_1_proj_in" -> "input_blocks.4.1.proj_in": numbers are parts of their own.
std::string with_dotted_numbers(std::string name) {
  std::size_t begin = 0;
  std::size_t before = std::string::npos;  // the underscore in front of the part at `begin`
  while (true) {
    const std::size_t end = name.find('_', begin);
    if (is_number(std::string_view(name).substr(begin, end - begin))) {
      if (before != std::string::npos) name[before] = '.';
      if (end != std::string::npos) name[end] = '.';
    }
    if (end == std::string::npos) return name;
    before = end;
    begin = end + 1;
  }
}

}  // namespace

std::optional<LoraKey> parse_lora_key(const std::string& key) {
  for (const Ending& ending : kEndings) {
    if (key.ends_with(ending.text)) {
      return LoraKey{key.substr(0, key.size() - ending.text.size()), ending.half};
    }
  }
  return std::nullopt;
}

void require_lora(const StateDict& state, const std::string& file) {
  std::string unknown;
  std::size_t known = 0;
  for (const auto& [key, tensor] : state) {
    const auto has_mark = [ended = key + "."](const OtherAdapter& one) {
      return ended.find(one.mark) != std::string::npos;
    };
    const auto other = std::find_if(kOtherAdapters.begin(), kOtherAdapters.end(), has_mark);
    if (other != kOtherAdapters.end()) {
      throw DataError(file, "expected a LoRA, got " + std::string(other->name) + " (the tensor " +
                                key + "), which situ does not merge");
    }
    if (parse_lora_key(key)) {
      ++known;
    } else if (unknown.empty()) {
      unknown = key;
    }
  }
  if (known == 0) throw DataError(file, "expected a LoRA; it looks like " + looks_like(state));
  if (!unknown.empty()) {
    throw DataError(file, "the tensor " + unknown + " is no part of a LoRA that situ knows");
  }
}

std::string denoiser_module_from_kohya(const std::string& name, int64_t layers) {
  constexpr std::string_view kWeight = ".weight";
  const std::string key =
      unet_key_from_original(with_dotted_numbers(name) + std::string(kWeight), layers);
  return key.empty() ? name : key.substr(0, key.size() - kWeight.size());
}

}  // namespace situ
