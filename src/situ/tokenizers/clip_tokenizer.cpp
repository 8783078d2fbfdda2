// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/io/file_bytes.h"
#include "situ/io/json_file.h"
#include "situ/tokenizers/clip_pre_tokenizer.h"

namespace situ {
namespace {

constexpr std::string_view kStart = "<|startoftext|>";
constexpr std::string_view kEnd = "<|endoftext|>";
constexpr std::int64_t kUsualLength = 77;
constexpr std::int64_t kLargestId = 1 << 24;

using Vocabulary = BytePairEncoding::Vocabulary;
using Merges = BytePairEncoding::Merges;

Vocabulary vocabulary_from(const nlohmann::json& json, const std::string& file) {
  if (!json.is_object()) throw DataError(file, "the vocabulary is no table of token to number");
  Vocabulary vocabulary;
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
        id.get<std::int64_t>() > kLargestId) {
      throw DataError(file, "token '" + token + "': expected a number from 0, got " + id.dump());
    }
    vocabulary.emplace(token, id.get<std::int64_t>());
  }
  return vocabulary;
}

// "a b"
std::pair<std::string, std::string> merge_from_text(const std::string& line,
                                                    const std::string& file) {
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string::npos || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string::npos) {
    throw DataError(file, "a merge is no pair of tokens: '" + line + "'");
  }
  return {line.substr(0, space), line.substr(space + 1)};
}

Merges merges_from_text(const std::string& text, const std::string& file) {
  Merges merges;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    const bool header = begin == 0 && line.starts_with("#version");
    if (!line.empty() && !header) merges.push_back(merge_from_text(line, file));
    begin = end + 1;
  }
  return merges;
}

Merges merges_from_json(const nlohmann::json& json, const std::string& file) {
  if (!json.is_array()) throw DataError(file, "model.merges is no list");
  Merges merges;
  for (const nlohmann::json& item : json) {
    if (item.is_string()) {
      merges.push_back(merge_from_text(item.get<std::string>(), file));
    } else if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
      merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
    } else {
      throw DataError(file, "a merge is no pair of tokens: " + item.dump());
    }
  }
  return merges;
}

// A special token is a string or a table with `content`.
std::optional<std::string> special_token(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object() && found->contains("content") && found->at("content").is_string()) {
    return found->at("content").get<std::string>();
  }
  return std::nullopt;
}

nlohmann::json optional_json(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return nlohmann::json::object();
  nlohmann::json json = load_json(path);
  if (!json.is_object()) throw DataError(path, "expected a JSON object");
  return json;
}

}  // namespace

struct ClipTokenizer::Files {
  std::string vocabulary_file;
  Vocabulary vocabulary;
  Merges merges;
  std::string padding = std::string(kEnd);
  std::int64_t max_length = kUsualLength;

  explicit Files(const std::filesystem::path& folder) {
    if (std::filesystem::exists(folder / "vocab.json")) {
      vocabulary_file = folder / "vocab.json";
      vocabulary = vocabulary_from(load_json(vocabulary_file), vocabulary_file);
      merges = merges_from_text(read_file(folder / "merges.txt"), folder / "merges.txt");
    } else {
      read_tokenizer_json(folder / "tokenizer.json");
    }
    const nlohmann::json config = optional_json(folder / "tokenizer_config.json");
    for (const nlohmann::json& json : {config, optional_json(folder / "special_tokens_map.json")}) {
      padding = special_token(json, "pad_token").value_or(padding);
    }
    // "Unlimited" is written as a number too large for any integer type.
    if (const auto found = config.find("model_max_length"); found != config.end()) {
      if (found->is_number_integer() && *found >= 2 && *found <= 1 << 20) {
        max_length = found->get<std::int64_t>();
      }
    }
  }

  void read_tokenizer_json(const std::filesystem::path& path) {
    vocabulary_file = path;
    const nlohmann::json json = load_json(path);
    if (!json.is_object() || !json.contains("model") || !json["model"].is_object() ||
        !json["model"].contains("vocab") || !json["model"].contains("merges")) {
      throw DataError(path, "lacks model.vocab and model.merges");
    }
    vocabulary = vocabulary_from(json["model"]["vocab"], path);
    merges = merges_from_json(json["model"]["merges"], path);
    for (const nlohmann::json& token : json.value("added_tokens", nlohmann::json::array())) {
      if (token.is_object() && token.contains("content") && token["content"].is_string() &&
          token.contains("id") && token["id"].is_number_integer()) {
        vocabulary.emplace(token["content"].get<std::string>(), token["id"].get<std::int64_t>());
      }
    }
  }

  std::int64_t id_of(std::string_view token) const {
    const auto found = vocabulary.find(std::string(token));
    if (found == vocabulary.end()) {
      throw DataError(vocabulary_file, "lacks the token " + std::string(token));
    }
    return found->second;
  }

  BytePairEncoding encoding() const {
    try {
      return BytePairEncoding(vocabulary, merges, id_of(kEnd));
    } catch (const std::invalid_argument& error) {
      throw DataError(vocabulary_file, error.what());
    }
  }
};

ClipTokenizer ClipTokenizer::from_folder(const std::filesystem::path& folder) {
  return ClipTokenizer(Files(folder));
}

ClipTokenizer::ClipTokenizer(const Files& files)
    : encoding_(files.encoding()),
      start_(files.id_of(kStart)),
      end_(files.id_of(kEnd)),
      padding_(files.id_of(files.padding)),
      max_length_(files.max_length),
      vocabulary_size_(static_cast<std::int64_t>(files.vocabulary.size())) {}

std::vector<std::int64_t> ClipTokenizer::tokenize(std::string_view text) const {
  std::vector<std::int64_t> ids;
  while (!text.empty()) {
    // The marks themselves, written in a prompt, are their own tokens.
    const std::size_t mark = std::min(text.find(kStart), text.find(kEnd));
    for (const std::string& word : clip_words(text.substr(0, mark)))
      encoding_.append_word(word, ids);
    if (mark == std::string_view::npos) break;
    const bool is_start = text.substr(mark).starts_with(kStart);
    ids.push_back(is_start ? start_ : end_);
    text.remove_prefix(mark + (is_start ? kStart : kEnd).size());
  }
  return ids;
}

std::vector<std::int64_t> ClipTokenizer::encode(std::string_view text) const {
  std::vector<std::int64_t> ids = tokenize(text);
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(max_length_ - 2)));
  ids.insert(ids.begin(), start_);
  ids.push_back(end_);
  ids.resize(static_cast<std::size_t>(max_length_), padding_);
  return ids;
}

}  // namespace situ
