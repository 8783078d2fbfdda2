// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/backends/original_autoencoder.h"
#include "situ/nn/state_dict.h"

namespace situ {

/// The families whose single files situ reads, told apart by their text encoders.
enum class CheckpointFamily { kSd1, kSd2, kSdxl };

/// A checkpoint in the original (CompVis, Stability) layout, taken apart.
struct OriginalCheckpoint {
  CheckpointFamily family = CheckpointFamily::kSd1;
  ConvertedPart unet = {};
  ConvertedPart vae = {};
  std::vector<ConvertedPart> text_encoders = {};  // one; SDXL two
  nlohmann::json scheduler = {};                  // as scheduler_config.json
};

/// Takes a single file apart. Sizes are read from the shapes of its tensors; what shapes do not
/// tell is that of the published models (heads of 64 channels, for SD1 eight of them; 32 norm
/// groups). `prediction_type` overrides the guess that a four-channel SD2 model predicts v, as
/// diffusers guesses. Tensors of training (EMA copies, noise tables) are left out; others that no
/// network has are reported when the networks are filled. Throws DataError naming `file`, and what
/// it looks like, when it is no such checkpoint.
OriginalCheckpoint from_original_layout(const StateDict& state, const std::string& file,
                                        const std::optional<std::string>& prediction_type = {});

/// What a state of tensors seems to be, for messages: "a LoRA", "an autoencoder alone", …
std::string looks_like(const StateDict& state);

}  // namespace situ
