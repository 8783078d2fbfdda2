// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "situ/backends/diffusion_model_files.h"

namespace situ {

/// What --lora names: "style.safetensors" or "style.safetensors:0.8"; a file of the whole name
/// wins. Throws std::invalid_argument where the text behind the colon is no finite number.
LoraFile lora_from(const std::string& text);

/// What --vae names: an existing folder or file itself, else a model of the hub. Throws
/// std::invalid_argument for other text, and as resolve_model.
std::filesystem::path autoencoder_path(const std::string& name, const std::string& variant);

}  // namespace situ
