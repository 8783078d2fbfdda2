// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_phrases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::SizeIs;

class Captions : public ::testing::Test {
 protected:
  Captions() {
    // Ids:                              0      1      2      3  4    5    6  7
    testing::put(folder_ / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\n.\ndog\ncat\na\n?\n");
  }
  std::vector<Caption> captions(const std::string& prompt, const std::string& negative = "",
                                std::int64_t most = 256) const {
    return captions_of(prompt, negative, BertTokenizer::from_folder(folder_.path()), most);
  }
  TemporaryFolder folder_;
};

TEST_F(Captions, EndEveryPhraseWithAMark) {
  for (const char* prompt : {"a dog", "a dog.", "  A DOG . . ", "a dog.\n"}) {
    const auto all = captions(prompt);
    ASSERT_THAT(all, SizeIs(1)) << prompt;
    EXPECT_THAT(all[0].tokens, ElementsAre(1, 6, 4, 3, 2)) << prompt;
    EXPECT_EQ(all[0].negative_begin, all[0].negative_end);
  }
  EXPECT_THAT(captions("dog? a cat")[0].tokens, ElementsAre(1, 4, 7, 6, 5, 3, 2));
}

TEST_F(Captions, PutTheNegativePromptBehindTheOthers) {
  const Caption caption = captions("dog", "a cat. cat").at(0);
  EXPECT_THAT(caption.tokens, ElementsAre(1, 4, 3, 6, 5, 3, 5, 3, 2));
  EXPECT_EQ(caption.negative_begin, 3);
  EXPECT_EQ(caption.negative_end, 8);
}

TEST_F(Captions, AreSeveralWhereAPromptIsLongerThanOneTakes) {
  const auto all = captions("dog. a cat. cat", "a", 7);  // two tokens frame, two are negative
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_THAT(all[0].tokens, ElementsAre(1, 4, 3, 6, 3, 2));
  EXPECT_THAT(all[1].tokens, ElementsAre(1, 6, 5, 3, 6, 3, 2));
  EXPECT_THAT(captions("dog. a cat. cat", "", 7), SizeIs(2));
}

TEST_F(Captions, RefuseAPromptWithoutWordsAndAPhraseThatIsTooLong) {
  for (const char* prompt : {"", " ", ".", " . ? "}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { captions(prompt); }),
                HasSubstr("expected words"));
  }
  EXPECT_THAT(message_of<std::invalid_argument>([&] { captions("dog. a a a dog", "", 6); }),
              HasSubstr("'a a a dog.' has 5 tokens, more than the 4"));
}

}  // namespace
}  // namespace situ
