// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/tasks/unknown_prompt.h"

namespace situ {
namespace {

using testing::HasSubstr;

std::string message_for(const char* prompt) {
  const PromptVocabulary vocabulary({{.phrases = {"dog"}},
                                     {.phrases = {"tiger"}},
                                     {.phrases = {"garbage bag"}},
                                     {.phrases = {"bird flying"}}});
  try {
    vocabulary.require_known(prompt, "mini-inpainter");
  } catch (const UnknownPrompt& error) {
    return error.what();
  }
  return "known";
}

TEST(NormalizedPrompt, KeepsWordsOnly) {
  EXPECT_EQ(normalized_prompt("  A good, photo of a DOG. "), "a good photo of a dog");
  EXPECT_EQ(normalized_prompt("..."), "");
}

TEST(PromptVocabulary, FindsAPhraseAsWholeWords) {
  EXPECT_EQ(message_for("A good photo of a dog"), "known");
  EXPECT_EQ(message_for("Garbage bag."), "known");
  EXPECT_EQ(message_for(""), "known");
  EXPECT_THAT(message_for("A good photo of a hotdog"), HasSubstr("nearest: dog"));
  EXPECT_THAT(message_for("A good photo of a bag"), HasSubstr("names nothing that mini-inpainter"));
}

TEST(PromptVocabulary, NamesTheNearestPhrasesAndTheWayOut) {
  EXPECT_THAT(message_for("A good photo of a tigre"),
              testing::AllOf(HasSubstr("nearest: tiger"), HasSubstr("published model")));
  EXPECT_THAT(message_for("birds flying"), HasSubstr("nearest: bird flying"));
}

}  // namespace
}  // namespace situ
