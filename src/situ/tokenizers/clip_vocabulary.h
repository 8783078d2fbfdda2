// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "situ/tokenizers/byte_pair_encoder.h"

namespace situ {

/// The tokens and merges of a byte-level vocabulary.
struct ClipVocabulary {
  std::unordered_map<std::string, int64_t> ids;  ///< by token; distinct, in [0, 2^31)
  std::vector<Merge> merges;
  std::string file;  ///< that holds the tokens, for messages
};

/// Reads the folder's tokenizer.json when there is one, else its vocab.json and merges.txt.
/// Throws FileError and DataError as ClipTokenizer::from_folder does.
ClipVocabulary read_clip_vocabulary(const std::filesystem::path& folder);

/// The ids of single bytes; `unknown` for those that the vocabulary lacks. Throws DataError when it
/// lacks one and `unknown` as well.
ByteIds byte_ids_of(const ClipVocabulary& vocabulary, const std::string& unknown);

}  // namespace situ
