// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "situ/core/device.h"
#include "situ/tasks/semantic_segmenter.h"

namespace situ {

struct EspnetOptions {
  /// Height and width that images are resized to for the network; their own size where empty.
  std::optional<std::array<std::int64_t, 2>> input_size;
};

/// Loads an ESPNetv2 of EdgeNets: a file of weights (safetensors or torch.save), or a folder with
/// one as model.safetensors. A checkpoint of 20 outputs is one of Cityscapes: its classes are the
/// 19 train ids, the last output, "background", is left out.
/// Throws FileError and DataError as the readers of weights do, std::invalid_argument for a size
/// below 16 pixels.
std::unique_ptr<SemanticSegmenter> load_espnet(const std::filesystem::path& path,
                                               const Compute& compute,
                                               const EspnetOptions& options = {});

}  // namespace situ
