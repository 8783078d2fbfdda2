// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace situ {

/// What decode does about the spaces between words.
enum class SpaceCleanUp {
  kConfigured,  ///< what the folder's clean_up_tokenization_spaces says, false where it is missing
  kAlways,      ///< also none around apostrophes: "driver's". transformers 4 unless told otherwise
};

/// BERT's WordPiece tokenizer (Devlin et al. 2019), id for id that of transformers 5.23.
class BertTokenizer {
 public:
  /// Reads tokenizer.json, as transformers 5 writes it, or else vocab.txt; case, accents, Chinese
  /// characters and the cleaning of spaces are as tokenizer_config.json says, where it does. Throws
  /// FileError where neither is there, DataError for other kinds of tokenizers and malformed files.
  static BertTokenizer from_folder(const std::filesystem::path& folder);

  BertTokenizer(BertTokenizer&&) noexcept;
  BertTokenizer& operator=(BertTokenizer&&) noexcept;
  ~BertTokenizer();

  /// [CLS], the pieces of the text, [SEP]; of any length. text: UTF-8, where each invalid part
  /// counts as U+FFFD.
  std::vector<int64_t> encode(const std::string& text) const;

  /// Pieces joined to words, words by spaces, without one before . ? ! and ,; special tokens as
  /// their names. Throws std::invalid_argument for an id that is no token's.
  std::string decode(std::span<const int64_t> ids,
                     SpaceCleanUp clean_up = SpaceCleanUp::kConfigured) const;

  int64_t vocabulary_size() const;

 private:
  struct Parts;
  explicit BertTokenizer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace situ
