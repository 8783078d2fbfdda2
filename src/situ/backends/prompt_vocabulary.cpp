// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_vocabulary.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/io/json_file.h"
#include "situ/tasks/unknown_prompt.h"

namespace situ {
namespace {

// What is named in a prompt stands at its end: the last one, two, three words.
std::vector<std::string> endings(const std::string& prompt) {
  std::vector<std::string> found;
  std::size_t at = prompt.size();
  for (int words = 0; words < 3 && at != std::string::npos && at > 0; ++words) {
    at = prompt.rfind(' ', at - 1);
    found.push_back(at == std::string::npos ? prompt : prompt.substr(at + 1));
  }
  return found;
}

// The three phrases nearest to any of the prompt's endings.
std::string suggestions(const std::string& prompt, const std::vector<std::string>& phrases) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& phrase : phrases) {
    std::size_t distance = phrase.size() + prompt.size();
    for (const std::string& ending : endings(prompt)) {
      distance = std::min(distance, edit_distance(ending, phrase));
    }
    ranked.emplace_back(distance, phrase);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, ranked.size()); ++i) {
    nearest.push_back(ranked[i].second);
  }
  return listed(nearest);
}

std::filesystem::path path_below(const std::filesystem::path& folder, const std::string& relative,
                                 const std::filesystem::path& file) {
  const std::filesystem::path path(relative);
  const bool leaves = std::find(path.begin(), path.end(), "..") != path.end();
  if (relative.empty() || path.is_absolute() || leaves) {
    throw DataError(file, "cutouts: expected a path below the folder, got '" + relative + "'");
  }
  return folder / path;
}

}  // namespace

std::optional<PromptVocabulary> PromptVocabulary::from_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "vocabulary.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    const nlohmann::json json = load_json(path);
    if (json.at("format") != 1)
      throw DataError(path, "expected format 1, got " + json.at("format").dump());
    std::vector<PromptName> names;
    for (const nlohmann::json& json_name : json.at("names")) {
      PromptName& name = names.emplace_back();
      for (const nlohmann::json& phrase : json_name.at("phrases")) {
        name.phrases.push_back(normalized_prompt(phrase.get<std::string>()));
      }
      for (const nlohmann::json& cutout : json_name.value("cutouts", nlohmann::json::array())) {
        name.cutouts.push_back(path_below(folder, cutout.get<std::string>(), path));
      }
      name.airborne = json_name.value("airborne", false);
    }
    return PromptVocabulary(std::move(names));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(path, error.what());
  }
}

void PromptVocabulary::require_known(std::string_view prompt, const std::string& model) const {
  const std::string clean = normalized_prompt(prompt);
  if (clean.empty()) return;
  std::vector<std::string> phrases;
  for (const PromptName& name : names_) {
    for (const std::string& phrase : name.phrases) {
      if (stands_in(phrase, clean)) return;
      phrases.push_back(phrase);
    }
  }
  throw UnknownPrompt("'" + std::string(prompt) + "' names nothing that " + model +
                      " was trained on; nearest: " + suggestions(clean, phrases) +
                      ". For any other object give the folder of a published model instead");
}

bool stands_in(const std::string& phrase, const std::string& prompt) {
  return (" " + prompt + " ").find(" " + phrase + " ") != std::string::npos;
}

std::string normalized_prompt(std::string_view prompt) {
  std::string clean;
  for (const char c : prompt) {
    const auto byte = static_cast<unsigned char>(c);
    const bool part_of_word = std::isalnum(byte) != 0 || c == '\'' || byte >= 0x80;
    if (part_of_word) {
      clean += static_cast<char>(std::tolower(byte));
    } else if (!clean.empty() && clean.back() != ' ') {
      clean += ' ';
    }
  }
  if (clean.ends_with(' ')) clean.pop_back();
  return clean;
}

}  // namespace situ
