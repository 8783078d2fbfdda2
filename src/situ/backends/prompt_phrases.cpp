// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_phrases.h"

#include <cctype>
#include <stdexcept>

namespace situ {
namespace {

// The phrases of a prompt, each with the mark that ends it: "a dog.", "a cat?".
std::vector<std::string> phrases_of(const std::string& prompt) {
  std::vector<std::string> phrases;
  std::string open;
  bool words = false;
  for (const char sign : prompt + ".") {
    const bool mark = sign == '.' || sign == '?';
    if (!mark) {
      const auto byte = static_cast<unsigned char>(sign);
      words = words || std::isspace(byte) == 0;
      if (words) open += static_cast<char>(byte < 128 ? std::tolower(byte) : byte);
      continue;
    }
    while (!open.empty() && std::isspace(static_cast<unsigned char>(open.back())) != 0) {
      open.pop_back();
    }
    if (!open.empty()) phrases.push_back(open + sign);
    open.clear();
    words = false;
  }
  return phrases;
}

// Enough of a phrase to find it by.
std::string shown(const std::string& phrase) {
  constexpr std::size_t kMost = 60;
  return phrase.size() <= kMost ? phrase : phrase.substr(0, kMost) + "…";
}

// Without [CLS] and [SEP].
std::vector<std::int64_t> inner_tokens(const std::string& phrase, const BertTokenizer& tokenizer) {
  std::vector<std::int64_t> ids = tokenizer.encode(phrase);
  return {ids.begin() + 1, ids.end() - 1};
}

}  // namespace

std::vector<Caption> captions_of(const std::string& prompt, const std::string& negative_prompt,
                                 const BertTokenizer& tokenizer, std::int64_t max_tokens) {
  const std::vector<std::string> phrases = phrases_of(prompt);
  if (phrases.empty()) {
    throw std::invalid_argument("prompt: expected words, got '" + prompt + "'");
  }
  std::vector<std::int64_t> negative;
  for (const std::string& phrase : phrases_of(negative_prompt)) {
    const std::vector<std::int64_t> ids = inner_tokens(phrase, tokenizer);
    negative.insert(negative.end(), ids.begin(), ids.end());
  }
  const std::vector<std::int64_t> frame = tokenizer.encode("");
  const std::int64_t room = max_tokens - static_cast<std::int64_t>(frame.size() + negative.size());
  std::vector<Caption> captions;
  const auto close = [&](std::vector<std::int64_t> inner) {
    Caption caption;
    caption.tokens.push_back(frame.front());
    caption.tokens.insert(caption.tokens.end(), inner.begin(), inner.end());
    caption.negative_begin = static_cast<std::int64_t>(caption.tokens.size());
    caption.tokens.insert(caption.tokens.end(), negative.begin(), negative.end());
    caption.negative_end = static_cast<std::int64_t>(caption.tokens.size());
    caption.tokens.push_back(frame.back());
    captions.push_back(std::move(caption));
  };
  std::vector<std::int64_t> open;
  for (const std::string& phrase : phrases) {
    const std::vector<std::int64_t> ids = inner_tokens(phrase, tokenizer);
    if (static_cast<std::int64_t>(ids.size()) > room) {
      throw std::invalid_argument("prompt: the phrase '" + shown(phrase) + "' has " +
                                  std::to_string(ids.size()) + " tokens, more than the " +
                                  std::to_string(std::max<std::int64_t>(room, 0)) +
                                  " that there is room for");
    }
    if (static_cast<std::int64_t>(open.size() + ids.size()) > room) {
      close(std::move(open));
      open.clear();
    }
    open.insert(open.end(), ids.begin(), ids.end());
  }
  close(std::move(open));
  return captions;
}

}  // namespace situ
