// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/prompt_template.h"

#include <stdexcept>
#include <string_view>

namespace situ {
namespace {

bool begins_with_word(const std::string& text, std::string_view word) {
  return text.size() > word.size() && text.starts_with(word) && text[word.size()] == ' ';
}

std::string with_article(const std::string& object, Compat compat) {
  if (compat == Compat::kPoc) return "a " + object;
  for (const char* word : {"a", "an", "the", "some", "two", "several", "A", "An", "The"}) {
    if (begins_with_word(object, word)) return object;
  }
  const bool vowel = std::string_view("aeiouAEIOU").find(object.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + object;
}

}  // namespace

std::string prompt_of(const std::string& prompt_template, const std::string& object,
                      Compat compat) {
  constexpr std::string_view kWithArticle = "{}";
  constexpr std::string_view kAsGiven = "{object}";
  std::string prompt;
  bool used = false;
  for (size_t i = 0; i < prompt_template.size();) {
    const std::string_view rest = std::string_view(prompt_template).substr(i);
    const bool as_given = rest.starts_with(kAsGiven);
    if (as_given || rest.starts_with(kWithArticle)) {
      used = true;
      prompt += as_given ? object : with_article(object, compat);
      i += as_given ? kAsGiven.size() : kWithArticle.size();
    } else {
      prompt += prompt_template[i++];
    }
  }
  if (!used) {
    throw std::invalid_argument("prompt_template: expected {} or {object} for the object, got '" +
                                prompt_template + "'");
  }
  return prompt;
}

}  // namespace situ
