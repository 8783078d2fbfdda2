// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace situ
