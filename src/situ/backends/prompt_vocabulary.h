// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// One thing that a model with a closed vocabulary was trained on.
struct PromptName {
  std::vector<std::string> phrases;                 ///< normalized
  std::vector<std::filesystem::path> cutouts = {};  ///< pictures of it with alpha
  bool airborne = false;                            ///< need not stand on the ground
};

/// What a model with a closed vocabulary was trained on (`vocabulary.json` of its folder).
class PromptVocabulary {
 public:
  /// Nothing when the folder has no such file: the model takes any prompt.
  /// Throws DataError for a malformed one, or one that names a file outside the folder.
  static std::optional<PromptVocabulary> from_folder(const std::filesystem::path& folder);

  explicit PromptVocabulary(std::vector<PromptName> names) : names_(std::move(names)) {}

  /// Throws UnknownPrompt, with the nearest known phrases and what to do, unless some known phrase
  /// stands in the prompt as whole words. model: for the message.
  void require_known(std::string_view prompt, const std::string& model) const;

  const std::vector<PromptName>& names() const { return names_; }

 private:
  std::vector<PromptName> names_;
};

/// Lower case, runs of anything but letters, digits and apostrophes as one space, none at the ends.
std::string normalized_prompt(std::string_view prompt);

/// True where a normalized phrase stands in a normalized prompt as whole words.
bool stands_in(const std::string& phrase, const std::string& prompt);

}  // namespace situ
