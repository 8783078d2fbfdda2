// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "situ/backends/diffusion_model_files.h"
#include "situ/backends/model_identity.h"

namespace situ {

/// Reads an autoencoder, with the keys of diffusers: a folder of diffusers (its own, or a model's
/// with vae/), a folder with TAESD's two files (<name>_encoder and <name>_decoder, .safetensors or
/// .pth), one of these two, or a single file as autoencoder_of_file takes it. scaling_factor: of
/// the latents, for AutoencoderKL in the original layout, which does not say. Throws FileError
/// where there is none, DataError for other files, and as load_weights.
ModelPart read_autoencoder(const std::filesystem::path& path, const std::string& variant,
                           double scaling_factor);

/// Which weights read_autoencoder would load. Throws FileError where there are none.
ModelIdentity identify_autoencoder(const std::filesystem::path& path);

}  // namespace situ
