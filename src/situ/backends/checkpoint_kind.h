// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/nn/state_dict.h"

namespace situ {

/// What the keys of a checkpoint look like.
enum class CheckpointKind {
  kGroundingDino,
  kSegmentAnything,
  kMobileSam,
  kSegmentAnything2,
  kBert,
  kClip,
  kStableDiffusion,
  kLora,
  kOther,
};

CheckpointKind checkpoint_kind(const StateDict& state);

/// "Grounding DINO", "SAM 2", …
const char* name_of(CheckpointKind kind);

/// The same of a checkpoint, with the size where it tells: "Grounding DINO with Swin-T".
std::string look_of(const StateDict& state);

/// Throws DataError naming `file`, what was expected and what its keys look like instead.
void require_kind(const StateDict& state, CheckpointKind expected, const std::string& file);

}  // namespace situ
