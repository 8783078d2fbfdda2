// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "situ/nn/state_dict.h"

namespace situ {

/// The tensors of a LoRA file, or of a folder's pytorch_lora_weights. diffusers' save_lora_weights
/// may have put PEFT's settings into the metadata; the alphas that they name (lora_alpha,
/// alpha_pattern, use_rslora) are added as tensors "<module>.alpha", as kohya's files have them.
/// Throws as load_weights_file does, and DataError for settings that are malformed or pick modules
/// with a regular expression.
StateDict load_lora(const std::filesystem::path& path);

}  // namespace situ
