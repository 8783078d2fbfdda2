// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/bert_vocabulary.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/io/file_bytes.h"
#include "situ/io/json_file.h"
#include "situ/tokenizers/unicode.h"

namespace situ {
namespace {

using nlohmann::json;

constexpr std::size_t kMostTokens = std::size_t{1} << 22;
constexpr std::array<const char*, 5> kSpecial = {"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};

void add_token(BertVocabulary& vocabulary, const std::string& token, int64_t id) {
  if (!vocabulary.ids.emplace(token, id).second) return;  // the first of two counts
  const auto place = static_cast<std::size_t>(id);
  if (vocabulary.tokens.size() <= place) vocabulary.tokens.resize(place + 1);
  vocabulary.tokens[place] = token;
}

int64_t id_of(const BertVocabulary& vocabulary, const char* token, const std::string& file) {
  const auto found = vocabulary.ids.find(token);
  if (found == vocabulary.ids.end()) {
    throw DataError(file, std::string("expected the token ") + token + ", got none");
  }
  return found->second;
}

void finish(BertVocabulary& vocabulary, const std::string& file) {
  vocabulary.unknown_id = id_of(vocabulary, "[UNK]", file);
  vocabulary.class_id = id_of(vocabulary, "[CLS]", file);
  vocabulary.separator_id = id_of(vocabulary, "[SEP]", file);
  if (!vocabulary.special_tokens.empty()) return;
  for (const char* token : kSpecial) {
    const auto found = vocabulary.ids.find(token);
    if (found == vocabulary.ids.end()) continue;
    vocabulary.special_tokens.push_back({.content = token, .id = found->second});
  }
}

bool flag(const json& table, const char* key, bool fallback, const std::string& file) {
  const auto found = table.find(key);
  if (found == table.end() || found->is_null()) return fallback;
  if (!found->is_boolean()) {
    throw DataError(
        file, std::string(key) + ": expected true or false, got " + found->dump().substr(0, 60));
  }
  return found->get<bool>();
}

// White space at the end of a line is none of the token's, as the package tokenizers reads it.
std::string without_space_behind(std::string line) {
  std::u16string token = utf16_from_utf8(line);
  const auto ends_in_space = [&] {
    return !token.empty() && character_class(token.back()) == CharacterClass::kSpace;
  };
  if (!ends_in_space()) return line;
  while (ends_in_space()) token.pop_back();
  return utf8_from_utf16(token);
}

// One token a line; its number is the id, the last one where a token comes twice.
void read_vocabulary_text(const std::filesystem::path& path, BertVocabulary& vocabulary) {
  const std::string text = read_file(path);
  int64_t id = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = std::min(text.find('\n', begin), text.size());
    vocabulary.tokens.push_back(without_space_behind(text.substr(begin, end - begin)));
    vocabulary.ids[vocabulary.tokens.back()] = id++;
    begin = end + 1;
    if (vocabulary.tokens.size() > kMostTokens) throw DataError(path, "more than 4194304 tokens");
  }
}

// What tokenizer_config.json says goes before what tokenizer.json says, as in transformers.
void read_tokenizer_config(const std::filesystem::path& folder, BertVocabulary& vocabulary) {
  const std::filesystem::path path = folder / "tokenizer_config.json";
  if (!std::filesystem::exists(path)) return;
  const json config = load_json(path);
  const std::string file = path.string();
  if (!config.is_object()) throw DataError(file, "expected a table");
  BertTextOptions& text = vocabulary.text;
  const bool own_case = config.contains("do_lower_case");
  text.lowercase = flag(config, "do_lower_case", text.lowercase, file);
  text.strip_accents =
      flag(config, "strip_accents", own_case ? text.lowercase : text.strip_accents, file);
  text.handle_chinese_chars =
      flag(config, "tokenize_chinese_chars", text.handle_chinese_chars, file);
  vocabulary.clean_up_spaces = flag(config, "clean_up_tokenization_spaces", false, file);
}

const json& table_of(const json& whole, const char* key, const char* type,
                     const std::string& file) {
  const auto found = whole.find(key);
  if (found == whole.end() || !found->is_object() || found->value("type", json()) != type) {
    throw DataError(file, std::string(key) + ": expected a table of type " + type);
  }
  return *found;
}

void read_model(const json& model, const std::string& file, BertVocabulary& vocabulary) {
  const auto tokens = model.find("vocab");
  if (tokens == model.end() || !tokens->is_object() || tokens->size() > kMostTokens) {
    throw DataError(file, "model: expected vocab, a table of at most 4194304 tokens");
  }
  for (const auto& [token, id] : tokens->items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMostTokens) {
      throw DataError(file,
                      "model: vocab: expected ids below 4194304, got " + id.dump().substr(0, 60));
    }
    add_token(vocabulary, token, id.get<int64_t>());
  }
  if (model.value("unk_token", json("[UNK]")) != "[UNK]") {
    throw DataError(file, "model: unk_token: expected [UNK]");
  }
  const json prefix = model.value("continuing_subword_prefix", json("##"));
  const json longest = model.value("max_input_chars_per_word", json(100U));
  if (!prefix.is_string() || !longest.is_number_unsigned() ||
      longest.get<std::uint64_t>() > 1'000'000) {
    throw DataError(file,
                    "model: expected a text as continuing_subword_prefix and a number up to "
                    "1000000 as max_input_chars_per_word");
  }
  vocabulary.continuation = prefix.get<std::string>();
  vocabulary.longest_word = longest.get<int64_t>();
}

void read_added_tokens(const json& whole, const std::string& file, BertVocabulary& vocabulary) {
  const json added = whole.value("added_tokens", json::array());
  if (!added.is_array()) throw DataError(file, "added_tokens: expected a list");
  for (const json& one : added) {
    const bool complete = one.is_object() && one.value("content", json()).is_string() &&
                          one.value("id", json()).is_number_unsigned() &&
                          one["id"].get<std::uint64_t>() < kMostTokens;
    if (!complete) throw DataError(file, "added_tokens: expected content and id of each");
    const auto content = one["content"].get<std::string>();
    if (content.empty()) throw DataError(file, "added_tokens: expected a text, got none");
    // lstrip and rstrip take white space along, which this tokenizer passes over anyway.
    if (flag(one, "single_word", false, file)) {
      throw DataError(file, "added_tokens: single_word: expected false, got true");
    }
    add_token(vocabulary, content, one["id"].get<int64_t>());
    vocabulary.special_tokens.push_back({.content = content,
                                         .normalized = flag(one, "normalized", false, file),
                                         .id = vocabulary.ids.at(content)});
  }
}

void read_tokenizer_json(const std::filesystem::path& path, BertVocabulary& vocabulary) {
  const std::string file = path.string();
  const json whole = load_json(path);
  if (!whole.is_object()) throw DataError(file, "expected a table");
  read_model(table_of(whole, "model", "WordPiece", file), file, vocabulary);
  read_added_tokens(whole, file, vocabulary);
  table_of(whole, "pre_tokenizer", "BertPreTokenizer", file);
  const json& normalizer = table_of(whole, "normalizer", "BertNormalizer", file);
  BertTextOptions& text = vocabulary.text;
  text.clean_text = flag(normalizer, "clean_text", true, file);
  text.handle_chinese_chars = flag(normalizer, "handle_chinese_chars", true, file);
  text.lowercase = flag(normalizer, "lowercase", true, file);
  text.strip_accents = flag(normalizer, "strip_accents", text.lowercase, file);
}

}  // namespace

BertVocabulary read_bert_vocabulary(const std::filesystem::path& folder) {
  BertVocabulary vocabulary;
  std::filesystem::path file = folder / "tokenizer.json";
  if (std::filesystem::exists(file)) {
    read_tokenizer_json(file, vocabulary);
  } else {
    file = folder / "vocab.txt";
    if (!std::filesystem::exists(file)) {
      throw FileError(folder.string() +
                      ": no tokenizer there; expected tokenizer.json or vocab.txt of BERT");
    }
    read_vocabulary_text(file, vocabulary);
  }
  read_tokenizer_config(folder, vocabulary);
  finish(vocabulary, file.string());
  return vocabulary;
}

}  // namespace situ
