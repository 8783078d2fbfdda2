// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "situ/core/device.h"
#include "situ/tasks/promptable_segmenter.h"

namespace situ {

/// Segment Anything from a folder of transformers (`config.json` of model_type sam, sam2 or
/// sam2_video, weights) or a checkpoint of its authors, whose size is read from its shapes:
/// `sam_vit_b_01ec64.pth`, `mobile_sam.pt`, `sam2.1_hiera_tiny.pt` and their like. Throws FileError
/// or DataError naming the file and what is wrong with it; a checkpoint of another model is called
/// by its name.
std::unique_ptr<PromptableSegmenter> load_segment_anything(const std::filesystem::path& path,
                                                           const Compute& compute);

}  // namespace situ
