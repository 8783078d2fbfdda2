// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "situ/backends/diffusion_model_files.h"
#include "situ/core/device.h"
#include "situ/tasks/inpainter.h"

namespace situ {

/// A diffusers folder of a Stable Diffusion inpainting model as a painter of crops. Crops are
/// resized to the model's own resolution and back as POC does it: picture with LANCZOS, mask with
/// BICUBIC where anything above zero is hole, result with BICUBIC. Throws FileError or DataError
/// naming file and reason.
std::unique_ptr<Inpainter> load_stable_diffusion_inpainter(
    const std::filesystem::path& folder, const Compute& compute,
    const DiffusionModelOptions& reading = {});

}  // namespace situ
