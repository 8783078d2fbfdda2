// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "situ/tokenizers/added_tokens.h"
#include "situ/tokenizers/byte_pair_encoder.h"

namespace situ {

/// What the files of a CLIP tokenizer say, checked and resolved to ids.
struct ClipFolder {
  ByteIds byte_ids;
  std::vector<Merge> merges;
  std::vector<AddedToken> added_tokens;
  int64_t start_id = 0;
  int64_t end_id = 0;
  int64_t padding_id = 0;
  int64_t vocabulary_size = 0;
  int64_t model_max_length = 0;
};

/// Reads tokenizer.json or else vocab.json and merges.txt, and the files beside them, by the rules
/// of transformers 5.23 for its class CLIPTokenizer: normalisation and splitting named in
/// tokenizer.json are not looked at, since the class brings its own. Throws as
/// ClipTokenizer::from_folder does.
ClipFolder read_clip_folder(const std::filesystem::path& folder,
                            const std::optional<std::string>& padding_token = {});

}  // namespace situ
