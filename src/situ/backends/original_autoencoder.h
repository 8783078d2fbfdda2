// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "situ/nn/state_dict.h"

namespace situ {

/// A network of a single file, in the keys and with the configuration that the Python packages give
/// it.
struct ConvertedPart {
  nlohmann::json config = {};
  StateDict weights = {};  // views of the file's tensors
};

/// AutoencoderKL from the original layout, keys without the prefix "first_stage_model.". Sizes are
/// read from shapes; what shapes do not tell, the factor of latents, is the caller's. Throws
/// DataError naming `file` where tensors that tell a size are missing.
ConvertedPart autoencoder_from_original(const StateDict& state, double scaling_factor,
                                        const std::string& file);

/// AutoencoderTiny from the two networks of TAESD (Ollin Boer Bohan), plain sequences of numbered
/// layers; the decoder's begin with a clamp at 0, which diffusers does not count. Throws as above.
ConvertedPart tiny_autoencoder_from_original(const StateDict& encoder, const StateDict& decoder,
                                             const std::string& file);

/// Whether these are the layers of TAESD's encoder or decoder.
bool is_tiny_encoder(const StateDict& state);
bool is_tiny_decoder(const StateDict& state);

/// What a file with a whole autoencoder holds: AutoencoderKL in the original layout, alone or among
/// other networks, or TAESD with the prefixes "taesd_encoder." and "taesd_decoder.", "encoder." and
/// "decoder.", or diffusers' "encoder.layers." and "decoder.layers.". Nothing for other files.
/// Throws as above.
std::optional<ConvertedPart> autoencoder_of_file(const StateDict& state, double scaling_factor,
                                                 const std::string& file);

}  // namespace situ
