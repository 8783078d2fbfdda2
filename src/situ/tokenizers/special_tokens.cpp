// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/special_tokens.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "situ/core/errors.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using nlohmann::json;

constexpr const char* kStartOfText = "<|startoftext|>";
constexpr const char* kEndOfText = "<|endoftext|>";

/// Tokens that files list with their ids, by id.
using TokensById = std::map<int64_t, DeclaredToken>;

bool flag(const json& token, const char* key, bool otherwise, const std::string& file) {
  const auto found = token.find(key);
  if (found == token.end() || found->is_null()) return otherwise;
  if (!found->is_boolean()) {
    throw DataError(file, std::string(key) + " of a token: expected true or false");
  }
  return found->get<bool>();
}

DeclaredToken parse_table(const json& token, bool special, const std::string& file) {
  const auto content = token.find("content");
  if (content == token.end() || !content->is_string() || *content == "") {
    throw DataError(file, "a token has no \"content\"");
  }
  for (const char* key : {"lstrip", "rstrip", "single_word"}) {
    if (flag(token, key, false, file)) {
      throw DataError(file, "token " + content->dump() + ": " + key + " is not supported");
    }
  }
  return {content->get<std::string>(),
          flag(token, "normalized", !flag(token, "special", special, file), file)};
}

/// A token named by its content alone is looked for in the text as it came.
DeclaredToken parse_token(const json& token, bool special, const std::string& file) {
  if (token.is_string() && token != "") return {token.get<std::string>(), false};
  if (token.is_object()) return parse_table(token, special, file);
  throw DataError(file, "expected a token, got " + token.dump().substr(0, 60));
}

void require_table(const json& value, const std::string& file) {
  if (!value.is_object()) throw DataError(file, "expected a table");
}

void add_decoder(const json& decoder, const std::string& file, TokensById& tokens) {
  require_table(decoder, file);
  for (const auto& [key, token] : decoder.items()) {
    int64_t id = 0;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (failure != std::errc{} || end != key.data() + key.size() || !token.is_object()) {
      throw DataError(
          file, "added_tokens_decoder: expected ids and tokens, got '" + key.substr(0, 60) + "'");
    }
    tokens.insert_or_assign(id, parse_table(token, false, file));
  }
}

/// added_tokens.json, as version 4 wrote: contents and ids.
void add_encoder(const std::filesystem::path& path, const std::set<std::string>& special,
                 TokensById& tokens) {
  const json encoder = load_json(path);
  require_table(encoder, path.string());
  for (const auto& [content, id] : encoder.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > (uint64_t{1} << 31) || content.empty()) {
      throw DataError(path.string(), "token '" + content.substr(0, 60) + "': expected an id");
    }
    tokens.insert_or_assign(id.get<int64_t>(), DeclaredToken{content, !special.contains(content)});
  }
}

void add_list(const std::filesystem::path& path, TokensById& tokens) {
  const json root = load_json(path);
  require_table(root, path.string());
  const auto added = root.find("added_tokens");
  if (added == root.end()) return;
  if (!added->is_array()) throw DataError(path.string(), "added_tokens: expected a list");
  for (const json& token : *added) {
    if (!token.is_object() || !token.contains("id") || !token["id"].is_number_unsigned()) {
      throw DataError(path.string(), "added_tokens: expected tables with an \"id\"");
    }
    tokens.insert_or_assign(token["id"].get<int64_t>(), parse_table(token, false, path.string()));
  }
}

void read_roles(const json& table, const std::string& file, bool special, SpecialTokens& tokens) {
  for (size_t role = 0; role < kTokenRoleKeys.size(); ++role) {
    const auto found = table.find(kTokenRoleKeys[role]);
    if (found == table.end()) continue;
    if (found->is_null()) {
      tokens.by_role[role].reset();
    } else {
      tokens.by_role[role] = parse_token(*found, special, file);
    }
  }
}

void read_extra(const json& table, const std::string& file, std::vector<DeclaredToken>& extra) {
  for (const char* key : {"extra_special_tokens", "additional_special_tokens"}) {
    const auto found = table.find(key);
    if (found == table.end() || found->is_null() || (found->is_object() && found->empty()))
      continue;
    if (!found->is_array()) throw DataError(file, std::string(key) + ": expected a list");
    for (const json& token : *found) {
      const DeclaredToken parsed = parse_token(token, true, file);
      if (std::find(extra.begin(), extra.end(), parsed) == extra.end()) extra.push_back(parsed);
    }
  }
}

std::set<std::string> contents_of(const SpecialTokens& tokens,
                                  const std::vector<DeclaredToken>& extra) {
  std::set<std::string> contents;
  for (const auto& token : tokens.by_role) {
    if (token) contents.insert(token->content);
  }
  for (const DeclaredToken& token : extra) contents.insert(token.content);
  return contents;
}

/// Tokens listed with ids come first and decide on what they name; the rest follows in its order.
void order_tokens(const TokensById& by_id, const std::vector<DeclaredToken>& extra,
                  SpecialTokens& tokens) {
  std::set<std::string> listed;
  for (const auto& [id, token] : by_id) {
    tokens.to_add.push_back(token);
    listed.insert(token.content);
  }
  const auto add = [&](const DeclaredToken& token) {
    const bool known =
        std::find(tokens.to_add.begin(), tokens.to_add.end(), token) != tokens.to_add.end();
    if (!known && !listed.contains(token.content)) tokens.to_add.push_back(token);
  };
  for (const auto& token : tokens.by_role) {
    if (token) add(*token);
  }
  for (const DeclaredToken& token : extra) add(token);
}

}  // namespace

SpecialTokens read_special_tokens(const std::filesystem::path& folder, const json& config) {
  const std::string config_file = (folder / "tokenizer_config.json").string();
  require_table(config, config_file);
  SpecialTokens tokens;
  for (const TokenRole role : {TokenRole::kEnd, TokenRole::kUnknown, TokenRole::kPadding}) {
    tokens.by_role[static_cast<size_t>(role)] = DeclaredToken{kEndOfText, false};
  }
  tokens.by_role[static_cast<size_t>(TokenRole::kStart)] = DeclaredToken{kStartOfText, false};
  std::vector<DeclaredToken> extra;
  read_roles(config, config_file, false, tokens);
  read_extra(config, config_file, extra);
  TokensById by_id;
  if (const auto decoder = config.find("added_tokens_decoder"); decoder != config.end()) {
    add_decoder(*decoder, config_file, by_id);
  } else {
    const auto exists = [](const auto& path) { return std::filesystem::exists(path); };
    if (const auto path = folder / "special_tokens_map.json"; exists(path)) {
      const json map = load_json(path);
      require_table(map, path.string());
      read_roles(map, path.string(), true, tokens);
      read_extra(map, path.string(), extra);
    }
    if (const auto path = folder / "added_tokens.json"; exists(path)) {
      add_encoder(path, contents_of(tokens, extra), by_id);
    }
    if (const auto path = folder / "tokenizer.json"; exists(path)) add_list(path, by_id);
  }
  order_tokens(by_id, extra, tokens);
  return tokens;
}

}  // namespace situ
