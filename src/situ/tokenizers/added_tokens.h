// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// A token that is looked for in the text before anything else, such as "<|endoftext|>".
struct AddedToken {
  std::string content;      ///< UTF-8, not empty
  bool normalized = false;  ///< looked for in the normalised text, as normalised itself
  int64_t id = 0;
};

/// A stretch of text, or the added token that stood there.
struct TextPiece {
  std::u16string text;  ///< empty for a token
  std::optional<int64_t> id;
};

/// Finds added tokens in text: the leftmost, of those the longest, never overlapping.
class AddedTokenFinder {
 public:
  using Normalize = std::function<std::u16string(std::u16string_view)>;

  AddedTokenFinder(const std::vector<AddedToken>& tokens, const Normalize& normalize);

  /// Looks for one more token. False, and nothing is changed, where its text is empty or that of
  /// another token.
  bool add(const AddedToken& token, const Normalize& normalize);

  /// Splits text as it came by the tokens that are not `normalized`. No piece is an empty text.
  std::vector<TextPiece> split_raw(std::u16string_view text) const;

  /// Splits normalised text by the tokens that are `normalized`.
  std::vector<TextPiece> split_normalized(std::u16string_view text) const;

 private:
  struct Pattern {
    std::u16string text;
    int64_t id = 0;
  };
  struct Patterns {
    std::vector<Pattern> longest_first;
    std::u16string first_units;  ///< no pattern starts with another one

    bool has(std::u16string_view text) const;
    void add(Pattern pattern);
    const Pattern* at(std::u16string_view rest) const;
    std::vector<TextPiece> split(std::u16string_view text) const;
  };

  Patterns raw_;
  Patterns normalized_;
};

}  // namespace situ
