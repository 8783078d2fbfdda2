// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/models/segment_anything/sam_config.h"
#include "situ/nn/state_dict.h"

namespace situ {

/// Keys of segment-anything's checkpoints (`image_encoder.blocks.0.attn.qkv.weight`) as those of
/// transformers' SamModel, and back.
StateDict sam_from_original(const StateDict& original);
StateDict sam_to_original(const StateDict& canonical);

/// The same for MobileSAM's (`image_encoder.patch_embed.seq.0.c.weight`), with the keys of
/// situ's MobileSam; what nothing uses goes.
StateDict mobile_sam_from_original(StateDict original);
StateDict mobile_sam_to_original(const StateDict& canonical);

/// Sizes read from the shapes of a checkpoint in transformers' keys; what shapes do not tell (heads
/// of the published ViT-B, L and H; the global layers, which are those of other tables) too. Throws
/// DataError naming `file` where a tensor is missing or fits none of them.
SamConfig sam_config_of(const StateDict& canonical, const std::string& file);

}  // namespace situ
