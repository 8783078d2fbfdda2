// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

enum class PromptKind {
  kObject,    // a thing that is whole
  kLocation,  // a part of the scene of any extent
};

/// One thing that a segmenter knows.
struct KnownPrompt {
  std::string name;
  std::vector<std::string> phrases;  // other words for it; the name is not repeated
  PromptKind kind = PromptKind::kObject;
};

/// What a segmenter was trained on; `vocabulary.json` of its folder.
struct KnownPrompts {
  std::vector<KnownPrompt> prompts;
  double threshold = 0.5;  // probability from which a pixel counts as named

  struct Match {
    const KnownPrompt* prompt;
    std::string phrase;  // the name or phrase that was meant
  };
  /// What a phrase means, after `normalised_phrase`, or nothing when it is not known.
  std::optional<Match> find(std::string_view phrase) const;

  /// All names and phrases, in order.
  std::vector<std::string> all_phrases() const;

  /// Throws DataError naming `file` and the key for an unknown format or key, a wrong type, a
  /// phrase that is not normalised or appears twice.
  static KnownPrompts from_json(const nlohmann::json& json, const std::string& file);
  nlohmann::ordered_json to_json() const;
};

/// Lower case, without articles in front, with single spaces and without full stops, commas and
/// exclamation or question marks: "  The Road." -> "road". Other bytes stay as they are.
std::string normalised_phrase(std::string_view text);

/// The normalised phrases of a prompt in the manner of Grounding DINO: "a dog. a cat." -> dog, cat;
/// empty ones are left out, repeated ones given once.
std::vector<std::string> split_prompt(std::string_view prompt);

}  // namespace situ
