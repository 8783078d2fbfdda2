// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/known_prompts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"

namespace situ {
namespace {

constexpr int kFormat = 1;
constexpr std::string_view kPunctuation = ".,;:!?\"";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_article(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

void check_keys(const nlohmann::json& json, const std::vector<std::string>& known,
                const std::string& file) {
  if (!json.is_object()) throw DataError(file, "expected an object, got " + json.dump());
  for (const auto& item : json.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      throw DataError(file, unknown_name_message("key", item.key(), known));
    }
  }
  for (const std::string& key : known) {
    if (!json.contains(key)) throw DataError(file, key + " is missing");
  }
}

std::string checked_phrase(const nlohmann::json& json, std::set<std::string>& seen,
                           const std::string& file) {
  if (!json.is_string()) throw DataError(file, "expected a phrase, got " + json.dump());
  const auto phrase = json.get<std::string>();
  if (phrase.empty() || normalised_phrase(phrase) != phrase) {
    throw DataError(file, "expected a phrase in lower case without article, got " + json.dump());
  }
  if (!seen.insert(phrase).second) throw DataError(file, "'" + phrase + "' appears twice");
  return phrase;
}

PromptKind kind_from(const nlohmann::json& json, const std::string& file) {
  if (json == "object") return PromptKind::kObject;
  if (json == "location") return PromptKind::kLocation;
  throw DataError(file, "kind: expected object or location, got " + json.dump());
}

}  // namespace

std::string normalised_phrase(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (is_space(c) || kPunctuation.find(c) != std::string_view::npos) {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += lower(c);
    }
  }
  if (words.back().empty()) words.pop_back();
  const auto first = std::find_if_not(words.begin(), words.end(), is_article);
  std::string phrase;
  for (auto word = first; word != words.end(); ++word)
    phrase += (phrase.empty() ? "" : " ") + *word;
  return phrase;
}

std::vector<std::string> split_prompt(std::string_view prompt) {
  std::vector<std::string> phrases;
  for (std::size_t begin = 0; begin <= prompt.size();) {
    const std::size_t end = std::min(prompt.find('.', begin), prompt.size());
    const std::string phrase = normalised_phrase(prompt.substr(begin, end - begin));
    if (!phrase.empty() && std::find(phrases.begin(), phrases.end(), phrase) == phrases.end()) {
      phrases.push_back(phrase);
    }
    begin = end + 1;
  }
  return phrases;
}

std::optional<KnownPrompts::Match> KnownPrompts::find(std::string_view text) const {
  const std::string phrase = normalised_phrase(text);
  for (const KnownPrompt& prompt : prompts) {
    if (prompt.name == phrase ||
        std::find(prompt.phrases.begin(), prompt.phrases.end(), phrase) != prompt.phrases.end()) {
      return Match{.prompt = &prompt, .phrase = phrase};
    }
  }
  return std::nullopt;
}

std::vector<std::string> KnownPrompts::all_phrases() const {
  std::vector<std::string> all;
  for (const KnownPrompt& prompt : prompts) {
    all.push_back(prompt.name);
    all.insert(all.end(), prompt.phrases.begin(), prompt.phrases.end());
  }
  return all;
}

KnownPrompts KnownPrompts::from_json(const nlohmann::json& json, const std::string& file) {
  check_keys(json, {"format", "threshold", "names"}, file);
  if (json["format"] != kFormat) {
    throw DataError(
        file, "format: expected " + std::to_string(kFormat) + ", got " + json["format"].dump());
  }
  KnownPrompts vocabulary;
  const nlohmann::json& threshold = json["threshold"];
  if (!threshold.is_number() || !(threshold > 0.0 && threshold < 1.0)) {
    throw DataError(file, "threshold: expected a number between 0 and 1, got " + threshold.dump());
  }
  vocabulary.threshold = threshold.get<double>();
  if (!json["names"].is_array() || json["names"].empty()) {
    throw DataError(file, "names: expected a list with an entry or more");
  }
  std::set<std::string> seen;
  for (const nlohmann::json& entry : json["names"]) {
    check_keys(entry, {"name", "phrases", "kind"}, file);
    KnownPrompt prompt;
    prompt.name = checked_phrase(entry["name"], seen, file);
    prompt.kind = kind_from(entry["kind"], file);
    if (!entry["phrases"].is_array()) throw DataError(file, "phrases: expected a list");
    for (const nlohmann::json& phrase : entry["phrases"]) {
      prompt.phrases.push_back(checked_phrase(phrase, seen, file));
    }
    vocabulary.prompts.push_back(std::move(prompt));
  }
  return vocabulary;
}

nlohmann::ordered_json KnownPrompts::to_json() const {
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  for (const KnownPrompt& prompt : prompts) {
    names.push_back({{"name", prompt.name},
                     {"phrases", prompt.phrases},
                     {"kind", prompt.kind == PromptKind::kObject ? "object" : "location"}});
  }
  return {{"format", kFormat}, {"threshold", threshold}, {"names", names}};
}

}  // namespace situ
