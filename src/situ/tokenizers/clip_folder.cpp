// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_folder.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

#include "situ/core/errors.h"
#include "situ/io/json_file.h"
#include "situ/tokenizers/clip_vocabulary.h"
#include "situ/tokenizers/special_tokens.h"

namespace situ {
namespace {

using nlohmann::json;

/// CLIP's text encoder has 77 positions; published folders that do not say so write 1e30 or
/// nothing.
constexpr int64_t kDefaultMaxLength = 77;
constexpr int64_t kLargestMaxLength = int64_t{1} << 24;

int64_t read_model_max_length(const json& config, const std::string& file) {
  const auto found = config.find("model_max_length");
  if (found == config.end() || found->is_null()) return kDefaultMaxLength;
  if (!found->is_number()) throw DataError(file, "model_max_length: expected a number");
  const auto length = found->get<double>();
  if (length > static_cast<double>(kLargestMaxLength)) return kDefaultMaxLength;
  if (!(length >= 2) || length != static_cast<double>(static_cast<int64_t>(length))) {
    throw DataError(file, "model_max_length: expected a whole number of 2 or more, got " +
                              found->dump().substr(0, 60));
  }
  return static_cast<int64_t>(length);
}

/// What would change the ids and is not done here must not pass unseen.
void refuse_unsupported(const json& config, const std::string& file) {
  for (const char* key : {"padding_side", "truncation_side"}) {
    const auto found = config.find(key);
    if (found != config.end() && !found->is_null() && *found != "right") {
      throw DataError(
          file, std::string(key) + ": expected \"right\", got " + found->dump().substr(0, 60));
    }
  }
  const auto split = config.find("split_special_tokens");
  if (split != config.end() && !split->is_null() && *split != false) {
    throw DataError(file, "split_special_tokens is not supported");
  }
}

/// Gives tokens that the vocabulary lacks the ids behind it, in the order in which they are added.
class AddedIds {
 public:
  explicit AddedIds(const std::unordered_map<std::string, int64_t>& vocabulary)
      : vocabulary_(vocabulary) {}

  int64_t id_of(const std::string& content) {
    if (const auto known = vocabulary_.find(content); known != vocabulary_.end()) {
      largest_ = std::max(largest_, known->second);
      return known->second;
    }
    if (const auto known = added_.find(content); known != added_.end()) return known->second;
    largest_ = std::max(largest_ + 1, static_cast<int64_t>(vocabulary_.size()));
    added_.emplace(content, largest_);
    return largest_;
  }

 private:
  const std::unordered_map<std::string, int64_t>& vocabulary_;
  std::map<std::string, int64_t> added_;
  int64_t largest_ = -1;  // of all ids handed out
};

int64_t id_of_role(const SpecialTokens& special, TokenRole role, AddedIds& ids,
                   const std::string& file) {
  const auto& token = special[role];
  if (!token) {
    throw DataError(file, std::string(kTokenRoleKeys[static_cast<size_t>(role)]) +
                              ": expected a token, got null");
  }
  return ids.id_of(token->content);
}

}  // namespace

ClipFolder read_clip_folder(const std::filesystem::path& folder,
                            const std::optional<std::string>& padding_token) {
  ClipVocabulary vocabulary = read_clip_vocabulary(folder);
  const std::filesystem::path config_path = folder / "tokenizer_config.json";
  const std::string config_file = config_path.string();
  json config = std::filesystem::exists(config_path) ? load_json(config_path) : json::object();
  if (padding_token && config.is_object()) config["pad_token"] = *padding_token;
  const SpecialTokens special = read_special_tokens(folder, config);
  refuse_unsupported(config, config_file);

  ClipFolder result;
  result.model_max_length = read_model_max_length(config, config_file);
  const auto& unknown = special[TokenRole::kUnknown];
  result.byte_ids = byte_ids_of(vocabulary, unknown ? unknown->content : std::string());
  result.merges = std::move(vocabulary.merges);

  AddedIds ids(vocabulary.ids);
  std::map<std::string, AddedToken> last_said;
  for (const DeclaredToken& token : special.to_add) {
    last_said.insert_or_assign(
        token.content, AddedToken{token.content, token.normalized, ids.id_of(token.content)});
  }
  for (const auto& [content, token] : last_said) result.added_tokens.push_back(token);
  result.start_id = id_of_role(special, TokenRole::kStart, ids, config_file);
  result.end_id = id_of_role(special, TokenRole::kEnd, ids, config_file);
  result.padding_id = id_of_role(special, TokenRole::kPadding, ids, config_file);

  int64_t largest = 0;
  for (const auto& [token, id] : vocabulary.ids) largest = std::max(largest, id);
  for (const AddedToken& token : result.added_tokens) largest = std::max(largest, token.id);
  result.vocabulary_size = largest + 1;
  return result;
}

}  // namespace situ
