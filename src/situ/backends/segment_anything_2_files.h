// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/nn/state_dict.h"

namespace situ {

/// The tensors of SAM 2's image part, from files of transformers (of the image or the video model),
/// with the keys of SegmentAnything2. What only videos need goes.
StateDict segment_anything_2_state(const StateDict& file);

}  // namespace situ
