// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace situ {

// Keys of single files without the prefix of their network, as diffusers and transformers call
// them. An empty result: the tensor belongs to no network.

/// `layers`: resnets a level of the way down; `levels`: how many levels.
std::string unet_key_from_original(const std::string& key, int64_t layers);
std::string autoencoder_key_from_original(const std::string& key, int64_t levels);

/// One tensor of open_clip's text encoder: attention's three products in one need the caller.
std::string open_clip_key_from_original(const std::string& key);

}  // namespace situ
