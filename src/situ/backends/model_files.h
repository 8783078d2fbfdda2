// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "situ/nn/state_dict.h"

namespace situ {

/// The tensors of one file: safetensors or a file of torch.save, told apart by content. Throws
/// FileError when it cannot be read, DataError when it is malformed or something else.
StateDict load_weights_file(const std::filesystem::path& file);

/// Where the weights of one part of a model folder are: `<stem>.safetensors`, or the shards that
/// `<stem>.safetensors.index.json` names; else the same of the variant fp16
/// (`<stem>.fp16.safetensors`, `<stem>.safetensors.index.fp16.json`); else the pickles
/// (`<stem>.bin`, for text encoders `pytorch_model.bin`, and their shards). A `variant` that is
/// named comes first. Throws FileError when there is none of them.
std::filesystem::path weights_file(const std::filesystem::path& folder, const std::string& stem,
                                   const std::string& variant = "");

/// The weights that weights_file finds. Memory-mapped. Throws as it does, and DataError when a file
/// is malformed, or a shard lacks a tensor that the index promises.
StateDict load_weights(const std::filesystem::path& folder, const std::string& stem,
                       const std::string& variant = "");

/// Throws DataError naming the first tensor with a number that is NaN or infinite, the place of the
/// first such number in it and which of them it is.
void require_finite(const StateDict& state, const std::string& file);

/// Keys as the module has them, from keys as a file has them; an empty result drops the tensor.
using RenameKey = std::function<std::string(const std::string&)>;
StateDict renamed(const StateDict& state, const RenameKey& rename);
/// The same, but a tensor whose key becomes empty keeps the key that it has: it is unexpected, and
/// will be named where the network is filled.
StateDict renamed_all(const StateDict& state, const RenameKey& rename);

/// Text encoders: "text_model." in front (transformers before 5) and the buffer of position numbers
/// go.
std::string clip_text_key(const std::string& key);

/// AutoencoderKL files of 2022 call the attention's layers query, key, value and proj_attn, and
/// some keep them as 1x1 convolutions.
StateDict autoencoder_state(const StateDict& state);

}  // namespace situ
