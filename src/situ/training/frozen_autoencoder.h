// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "situ/models/stable_diffusion/autoencoder.h"

namespace situ {

/// The autoencoder of a `vae/` folder with its weights, which no training changes.
/// Throws FileError or DataError naming the file.
std::unique_ptr<Autoencoder> load_frozen_autoencoder(const std::filesystem::path& folder);

}  // namespace situ
