// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/nn/state_dict.h"

namespace situ {

/// The weights that a LoRA may change, with the keys of diffusers and transformers.
struct LoraTargets {
  StateDict* unet = nullptr;
  std::vector<StateDict*> text_encoders;  // one; SDXL two
};

/// Adds low-rank updates (Hu et al. 2022) to weights: W + scale * alpha / rank * up down, for
/// linear layers and convolutions; an alpha that is missing is the rank. Modules are named as
/// diffusers does (PEFT's files and those before it) or as kohya's scripts do (lora_unet_,
/// lora_te_, lora_te1_, lora_te2_, also with the original names of SDXL's blocks). Products are in
/// float32; a changed tensor is new memory, in the dtype that it had.
///
/// Throws DataError naming `file`: what it is where it is no LoRA; a few of the modules that none
/// of the targets has, where nothing has been changed yet; the module whose update lacks a half,
/// does not fit or is not finite.
void merge_lora(const StateDict& lora, double scale, const LoraTargets& targets,
                const std::string& file);

}  // namespace situ
