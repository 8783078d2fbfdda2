// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace situ {

/// A special or added token as a file declares it.
struct DeclaredToken {
  std::string content;
  bool normalized = false;
  bool operator==(const DeclaredToken&) const = default;
};

/// The roles that transformers names, in its order.
enum class TokenRole { kStart, kEnd, kUnknown, kSeparator, kPadding, kClass, kMask };
inline constexpr std::array kTokenRoleKeys = {"bos_token", "eos_token", "unk_token", "sep_token",
                                              "pad_token", "cls_token", "mask_token"};

struct SpecialTokens {
  /// In the order in which transformers adds them: of two for the same content the later counts.
  std::vector<DeclaredToken> to_add;
  std::array<std::optional<DeclaredToken>, kTokenRoleKeys.size()> by_role;

  const std::optional<DeclaredToken>& operator[](TokenRole role) const {
    return by_role[static_cast<size_t>(role)];
  }
};

/// config: the content of the folder's tokenizer_config.json, an empty table when there is none.
/// Reads special_tokens_map.json, added_tokens.json and the added_tokens of tokenizer.json as
/// transformers 5.23 does: none of them when config has added_tokens_decoder, else the map over
/// config. Throws DataError.
SpecialTokens read_special_tokens(const std::filesystem::path& folder,
                                  const nlohmann::json& config);

}  // namespace situ
