// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/models/grounding_dino/grounding_dino_config.h"
#include "situ/nn/state_dict.h"

namespace situ {

/// Keys of GroundingDINO's checkpoints (with or without `module.` in front) as those that
/// transformers writes into files, and back. What no network has goes: the pooler, label
/// embeddings, tables of numbers, and copies of the shared box head, which the way back makes again
/// for each of the decoder's layers.
StateDict grounding_dino_from_original(const StateDict& original);
StateDict grounding_dino_to_original(const StateDict& canonical);

/// The same state without what files of transformers hold beside the network: copies of the box
/// head and the backbone's last norm, which no output passes, and tables of numbers.
StateDict without_grounding_dino_extras(const StateDict& canonical, bool one_box_head);

/// Sizes read from the shapes of a checkpoint in transformers' keys; what shapes do not tell is as
/// published. Throws DataError naming `file` where a tensor is missing.
GroundingDinoConfig grounding_dino_config_of(const StateDict& canonical, const std::string& file);

}  // namespace situ
