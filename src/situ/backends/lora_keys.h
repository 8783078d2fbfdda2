// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "situ/nn/state_dict.h"

namespace situ {

/// Which factor of a low-rank update a tensor is: W + scale * alpha / rank * up down.
enum class LoraHalf { kDown, kUp, kAlpha };

struct LoraKey {
  std::string module;  // as the file calls it: "unet.conv_in", "lora_unet_conv_in"
  LoraHalf half = LoraHalf::kDown;
};

/// Takes a tensor's key apart: PEFT's lora_A and lora_B, the older lora.down and lora.up, those of
/// attention processors, and those of kohya's scripts. Nothing for a key that is no part of a LoRA.
std::optional<LoraKey> parse_lora_key(const std::string& key);

/// Throws DataError, saying what the file is instead (a DoRA, LoHa, LoKr, (IA)^3, …, or no adapter
/// at all), unless every tensor is part of a LoRA.
void require_lora(const StateDict& state, const std::string& file);

/// The denoiser's module that a name of kohya's scripts stands for, with diffusers' names of the
/// blocks and with dots or underscores. SDXL's blocks have their original names there,
/// "input_blocks_4_1_transformer_blocks_0_attn1_to_q". `layers`: resnets a level of the way down.
std::string denoiser_module_from_kohya(const std::string& name, int64_t layers);

}  // namespace situ
