// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/models/segment_anything_2/sam2_config.h"
#include "situ/nn/state_dict.h"

namespace situ {

/// The tensors of SAM 2's image part, from files of transformers (of the image or the video model),
/// with the keys of SegmentAnything2. What only videos need goes.
StateDict segment_anything_2_state(const StateDict& file);

/// The same from the authors' checkpoints (`image_encoder.trunk.blocks.0.attn.qkv.weight`), and
/// back. What only videos need (the memory of earlier frames, pointers to things) goes; other
/// tensors stay, so that they are reported where the network is filled.
StateDict sam2_from_original(const StateDict& original);
StateDict sam2_to_original(const StateDict& state);

/// That of the published size, tiny, small, base plus or large, which a state with the keys of
/// SegmentAnything2 has: shapes do not tell windows and heads. Throws DataError naming `file` where
/// it is none of them.
Sam2Config sam2_config_of(const StateDict& state, const std::string& file);

}  // namespace situ
