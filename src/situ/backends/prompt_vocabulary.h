// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// The phrases that a model with a closed vocabulary was trained on (`vocabulary.json` of its
/// folder).
class PromptVocabulary {
 public:
  /// Nothing when the folder has no such file: the model takes any prompt.
  /// Throws DataError for a malformed one.
  static std::optional<PromptVocabulary> from_folder(const std::filesystem::path& folder);

  explicit PromptVocabulary(std::vector<std::string> phrases) : phrases_(std::move(phrases)) {}

  /// Throws UnknownPrompt, with the nearest known phrases and what to do, unless some known phrase
  /// stands in the prompt as whole words. model: for the message.
  void require_known(std::string_view prompt, const std::string& model) const;

  const std::vector<std::string>& phrases() const { return phrases_; }

 private:
  std::vector<std::string> phrases_;
};

/// Lower case, runs of anything but letters, digits and apostrophes as one space, none at the ends.
std::string normalized_prompt(std::string_view prompt);

/// True where a normalized phrase stands in a normalized prompt as whole words.
bool stands_in(const std::string& phrase, const std::string& prompt);

}  // namespace situ
