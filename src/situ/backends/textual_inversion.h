// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

namespace situ {

/// A file of a learned word, and what the word is to be called in prompts.
struct TextualInversionFile {
  std::filesystem::path path;
  std::string token = {};  // empty: as the file says, or else the file's name
};

/// A word that prompts may use, learned as vectors in the place of token embeddings (textual
/// inversion, Gal et al. 2022).
struct TextualInversion {
  std::string token;
  std::vector<at::Tensor> vectors;  // an encoder each: [n, hidden_size], the same n
  std::string file;
};

/// Reads the files of diffusers (`{token: vectors}`), of AUTOMATIC1111's web UI (`emb_params`, or
/// `string_to_param` in a pickle) and of SDXL (`clip_l` and `clip_g`, in this order). Throws
/// FileError when the file cannot be read, DataError naming it and what is wrong when it is not one
/// of these.
TextualInversion load_textual_inversion(const TextualInversionFile& from);

}  // namespace situ
