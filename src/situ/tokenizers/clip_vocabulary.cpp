// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_vocabulary.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "situ/core/errors.h"
#include "situ/io/file_bytes.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using nlohmann::json;

constexpr std::string_view kEndOfWord = "</w>";
constexpr int64_t kMaxId = (int64_t{1} << 31) - 1;

/// Shortened, so that a hostile file does not fill the screen.
std::string in_quotes(std::string_view text) {
  constexpr size_t kMost = 60;
  return "'" + std::string(text.substr(0, kMost)) + (text.size() > kMost ? "…'" : "'");
}

void read_ids(const json& tokens, ClipVocabulary& vocabulary) {
  const std::string& file = vocabulary.file;
  if (!tokens.is_object()) throw DataError(file, "expected a table of tokens and their ids");
  if (tokens.empty()) throw DataError(file, "the vocabulary is empty");
  std::unordered_set<int64_t> taken;
  for (const auto& [token, id] : tokens.items()) {
    const bool in_range = id.is_number_unsigned() && id.get<uint64_t>() <= uint64_t{kMaxId};
    if (!in_range) {
      throw DataError(file, "token " + in_quotes(token) +
                                ": expected an id from 0 to 2^31 - 1, got " + in_quotes(id.dump()));
    }
    if (!taken.insert(id.get<int64_t>()).second) {
      throw DataError(
          file, "token " + in_quotes(token) + ": id " + id.dump() + " is another token's too");
    }
    vocabulary.ids.emplace(token, id.get<int64_t>());
  }
}

/// where: "line 7" or "merge 7".
Merge resolve_merge(std::string_view left, std::string_view right, const ClipVocabulary& vocabulary,
                    const std::string& file, const std::string& where) {
  const auto id_of = [&](const std::string& token) {
    const auto found = vocabulary.ids.find(token);
    if (found == vocabulary.ids.end()) {
      throw DataError(file, where + ": " + in_quotes(token) + " is not in the vocabulary");
    }
    return found->second;
  };
  const std::string first(left);
  const std::string second(right);
  return {id_of(first), id_of(second), id_of(first + second)};
}

/// "a b" as two parts; nothing when there is not exactly one blank.
std::optional<std::pair<std::string_view, std::string_view>> two_parts(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos || text.find(' ', blank + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return std::pair(text.substr(0, blank), text.substr(blank + 1));
}

void read_merges_text(const std::filesystem::path& path, ClipVocabulary& vocabulary) {
  const std::string text = read_file(path);
  const std::string file = path.string();
  std::string_view rest = text;
  for (int64_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    const std::string where = "line " + std::to_string(number);
    const auto parts = two_parts(line);
    if (!parts) {
      throw DataError(
          file, where + ": expected two tokens with one blank between, got " + in_quotes(line));
    }
    vocabulary.merges.push_back(
        resolve_merge(parts->first, parts->second, vocabulary, file, where));
  }
}

/// merges: [["i", "n"], …], or ["i n", …] as older versions wrote.
void read_merges_list(const json& merges, ClipVocabulary& vocabulary) {
  const std::string& file = vocabulary.file;
  if (!merges.is_array()) throw DataError(file, "model.merges: expected a list");
  for (size_t i = 0; i < merges.size(); ++i) {
    const json& merge = merges[i];
    const std::string where = "model.merges[" + std::to_string(i) + "]";
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      vocabulary.merges.push_back(resolve_merge(merge[0].get_ref<const std::string&>(),
                                                merge[1].get_ref<const std::string&>(), vocabulary,
                                                file, where));
      continue;
    }
    const auto parts =
        merge.is_string() ? two_parts(merge.get_ref<const std::string&>()) : std::nullopt;
    if (!parts)
      throw DataError(file, where + ": expected two tokens, got " + in_quotes(merge.dump()));
    vocabulary.merges.push_back(
        resolve_merge(parts->first, parts->second, vocabulary, file, where));
  }
}

void read_tokenizer_json(const std::filesystem::path& path, ClipVocabulary& vocabulary) {
  const json root = load_json(path);
  const std::string& file = vocabulary.file;
  if (!root.is_object() || !root.contains("model") || !root["model"].is_object()) {
    throw DataError(file, "expected a table with a table \"model\"");
  }
  const json& model = root["model"];
  if (const auto type = model.find("type"); type != model.end() && *type != "BPE") {
    throw DataError(file, "model.type: expected \"BPE\", got " + in_quotes(type->dump()));
  }
  if (!model.contains("vocab") || !model.contains("merges")) {
    throw DataError(file, "model: expected \"vocab\" and \"merges\"");
  }
  read_ids(model["vocab"], vocabulary);
  read_merges_list(model["merges"], vocabulary);
}

/// GPT-2's visible stand-ins: printable Latin-1 bytes are themselves, the others U+0100 and on in
/// their order.
std::array<std::string, 256> byte_symbols() {
  std::array<std::string, 256> symbols;
  int next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool visible =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    const int code = visible ? byte : next++;
    if (code < 0x80) {
      symbols[byte] = static_cast<char>(code);
    } else {
      symbols[byte] = {static_cast<char>(0xC0 | code >> 6),
                       static_cast<char>(0x80 | (code & 0x3F))};
    }
  }
  return symbols;
}

}  // namespace

ClipVocabulary read_clip_vocabulary(const std::filesystem::path& folder) {
  ClipVocabulary vocabulary;
  if (const auto path = folder / "tokenizer.json"; std::filesystem::exists(path)) {
    vocabulary.file = path.string();
    read_tokenizer_json(path, vocabulary);
    return vocabulary;
  }
  const auto path = folder / "vocab.json";
  vocabulary.file = path.string();
  read_ids(load_json(path), vocabulary);
  read_merges_text(folder / "merges.txt", vocabulary);
  return vocabulary;
}

ByteIds byte_ids_of(const ClipVocabulary& vocabulary, const std::string& unknown) {
  const auto id_of = [&](const std::string& symbol) {
    for (const std::string& token : {symbol, unknown}) {
      if (const auto found = vocabulary.ids.find(token); found != vocabulary.ids.end()) {
        return found->second;
      }
    }
    throw DataError(vocabulary.file, "has neither the token " + in_quotes(symbol) +
                                         " nor the one for what is unknown, " + in_quotes(unknown));
  };
  ByteIds ids;
  const std::array<std::string, 256> symbols = byte_symbols();
  for (size_t byte = 0; byte < 256; ++byte) {
    ids.inside[byte] = id_of(symbols[byte]);
    ids.last[byte] = id_of(symbols[byte] + std::string(kEndOfWord));
  }
  return ids;
}

}  // namespace situ
