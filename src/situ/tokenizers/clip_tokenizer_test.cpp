// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/io/json_file.h"
#include "situ/tokenizers/clip_pre_tokenizer.h"

namespace situ {
namespace {

using Ids = std::vector<std::int64_t>;
namespace fs = std::filesystem;

class TokenizerFolder {
 public:
  TokenizerFolder() {
    char name[] = "/tmp/situ_tokenizer_XXXXXX";
    path_ = mkdtemp(name);
    write("vocab.json", R"({"d":0,"o":1,"g</w>":2,"do":3,"dog</w>":4,"!</w>":5,"!":6,
                            "<|startoftext|>":7,"<|endoftext|>":8})");
    write("merges.txt", "#version: 0.2\nd o\ndo g</w>\n");
  }
  ~TokenizerFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }
  void write(const char* name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  std::string message() const {
    try {
      ClipTokenizer::from_folder(path_);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  fs::path path_;
};

TEST(ClipWords, NormaliseAndSplitAsTheTokenizerDoes) {
  using testing::ElementsAre;
  EXPECT_THAT(clip_words("  A  good\tPHOTO "), ElementsAre("a", "good", "photo"));
  EXPECT_THAT(clip_words("it's 12x"), ElementsAre("it", "'s", "1", "2", "x"));
  EXPECT_THAT(clip_words("'sun"), ElementsAre("'s", "un"));
  EXPECT_THAT(clip_words("a.b!?c"), ElementsAre("a", ".", "b", "!?", "c"));
  EXPECT_THAT(clip_words("<|ENDOFTEXT|>!"), ElementsAre("<|", "endoftext", "|>", "!"));
  EXPECT_THAT(clip_words("e\u0301"), ElementsAre("\u00e9"));
  EXPECT_THAT(clip_words("\u0130"), ElementsAre("i", "\u0307"));
  EXPECT_THAT(clip_words("\xff"), ElementsAre("\ufffd"));
  EXPECT_THAT(clip_words(""), ElementsAre());
}

TEST(ClipTokenizer, FramesCutsAndPads) {
  const TokenizerFolder folder;
  folder.write("tokenizer_config.json",
               R"({"model_max_length": 6, "pad_token": {"content": "!</w>"}})");
  const ClipTokenizer tokenizer = ClipTokenizer::from_folder(folder.path());
  EXPECT_EQ(tokenizer.encode("dog"), (Ids{7, 4, 8, 5, 5, 5}));
  EXPECT_EQ(tokenizer.encode("dog dog dog dog dog dog"), (Ids{7, 4, 4, 4, 4, 8}));
  EXPECT_EQ(tokenizer.encode(""), (Ids{7, 8, 5, 5, 5, 5}));
}

TEST(ClipTokenizer, TakesTheMarksAsTokensOfTheirOwn) {
  const TokenizerFolder folder;
  const ClipTokenizer tokenizer = ClipTokenizer::from_folder(folder.path());
  EXPECT_EQ(tokenizer.tokenize("dog<|endoftext|>dog<|startoftext|>"), (Ids{4, 8, 4, 7}));
  EXPECT_EQ(tokenizer.max_length(), 77);
}

TEST(ClipTokenizer, ReadsTheSingleFileOfTransformers5) {
  const TokenizerFolder folder;
  fs::remove(folder.path() / "vocab.json");
  folder.write(
      "tokenizer.json",
      R"({"added_tokens":[{"id":7,"content":"<|startoftext|>"},{"id":8,"content":"<|endoftext|>"}],
    "model":{"vocab":{"d":0,"o":1,"g</w>":2,"do":3,"dog</w>":4},"merges":[["d","o"],"do g</w>"]}})");
  EXPECT_EQ(ClipTokenizer::from_folder(folder.path()).tokenize("Dog"), (Ids{4}));
}

TEST(ClipTokenizer, NamesTheFileThatIsWrong) {
  using testing::HasSubstr;
  const TokenizerFolder folder;
  folder.write("merges.txt", "d o x\n");
  EXPECT_THAT(folder.message(), testing::AllOf(HasSubstr("merges.txt"), HasSubstr("d o x")));
  folder.write("merges.txt", "d x\n");
  EXPECT_THAT(folder.message(), testing::AllOf(HasSubstr("vocab.json"), HasSubstr("'dx'")));
  folder.write("merges.txt", "");
  folder.write("vocab.json", R"({"a": -1})");
  EXPECT_THAT(folder.message(), HasSubstr("token 'a'"));
  folder.write("vocab.json", R"({"a": 1})");
  EXPECT_THAT(folder.message(), HasSubstr("lacks the token"));
  folder.write("vocab.json", "[1");
  EXPECT_THAT(folder.message(), HasSubstr("vocab.json"));
  fs::remove(folder.path() / "vocab.json");
  EXPECT_THAT(folder.message(), HasSubstr("tokenizer.json"));
}

TEST(ClipTokenizer, EqualsTransformersOnFiveThousandRandomStrings) {
  const char* shared = std::getenv("SITU_SHARED_DIR");
  const fs::path published = fs::path(shared != nullptr ? shared : SITU_SOURCE_DIR "/../shared") /
                             "reference/tokenizers/clip";
  if (!fs::exists(published))
    GTEST_SKIP() << "needs CLIP's vocab.json and merges.txt in " << published;
  const ClipTokenizer tokenizer = ClipTokenizer::from_folder(published);
  const nlohmann::json rows =
      load_json(SITU_SOURCE_DIR "/tests/parity/clip_tokenizer/strings.json");
  ASSERT_GE(rows.size(), 5000u);
  int different = 0;
  for (const nlohmann::json& row : rows) {
    const Ids got = tokenizer.tokenize(row[0].get<std::string>());
    if (got != row[1].get<Ids>() && ++different <= 5) {
      ADD_FAILURE() << row[0].dump(-1, ' ', true) << ": expected " << row[1].dump() << ", got "
                    << nlohmann::json(got).dump();
    }
  }
  EXPECT_EQ(different, 0);
}

}  // namespace
}  // namespace situ
