// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "situ/nn/state_dict.h"

namespace situ {

/// The weights of one part of a model folder: `<stem>.safetensors`, else `<stem>.fp16.safetensors`,
/// else the shards that `<stem>.safetensors.index.json` names. Memory-mapped. Throws FileError when
/// there is none of them, DataError when one is malformed.
StateDict load_weights(const std::filesystem::path& folder, const std::string& stem);

/// The file that load_weights would read first, for messages.
std::filesystem::path weights_file(const std::filesystem::path& folder, const std::string& stem);

/// Keys as the module has them, from keys as a file has them; an empty result drops the tensor.
using RenameKey = std::function<std::string(const std::string&)>;
StateDict renamed(const StateDict& state, const RenameKey& rename);

/// Text encoders: "text_model." in front (transformers before 5) and the buffer of position numbers
/// go.
std::string clip_text_key(const std::string& key);

/// AutoencoderKL files of 2022 call the attention's layers query, key, value and proj_attn, and
/// some keep them as 1x1 convolutions.
StateDict autoencoder_state(const StateDict& state);

}  // namespace situ
