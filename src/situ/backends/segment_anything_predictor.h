// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "situ/core/device.h"
#include "situ/tasks/promptable_segmenter.h"

namespace situ {

/// Segment Anything from a folder of transformers (`config.json` of model_type sam, sam2 or
/// sam2_video, weights), or SAM 1 from an original checkpoint (`sam_vit_b_01ec64.pth` and its
/// like), whose sizes are read from its shapes. Throws FileError or DataError naming the file and
/// what is wrong with it; a checkpoint of another model is called by its name.
std::unique_ptr<PromptableSegmenter> load_segment_anything(const std::filesystem::path& path,
                                                           const Compute& compute);

}  // namespace situ
