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

/// Adds low-rank updates (Hu et al. 2022) to weights: W + scale * alpha / rank * up down. Reads the
/// names of diffusers (PEFT's lora_A and lora_B, the older lora.down and lora.up, and those of
/// attention processors) and of kohya's scripts (lora_unet_…, lora_te_…, lora_te1_…, lora_te2_…,
/// also with the original names of SDXL's blocks), for linear layers and convolutions. Products are
/// in float32; a changed tensor is new memory, in the dtype that it had.
///
/// Throws DataError naming `file` and the module for an update that belongs to none of the targets,
/// lacks its other half, does not fit, or is of another kind (DoRA, LoHa, LoKr).
void merge_lora(const StateDict& lora, double scale, const LoraTargets& targets,
                const std::string& file);

}  // namespace situ
