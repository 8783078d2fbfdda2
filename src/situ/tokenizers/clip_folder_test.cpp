// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"
#include "situ/tokenizers/clip_tokenizer.h"

namespace situ {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

std::filesystem::path made_folder() { return testing::data_folder() / "clip_tokenizer"; }
std::string made_vocab() { return read_file(made_folder() / "vocab.json"); }
std::string made_merges() { return read_file(made_folder() / "merges.txt"); }

/// A copy of the made tokenizer to which a test adds files.
class ClipFolderTest : public ::testing::Test {
 protected:
  ClipFolderTest() {
    put(folder_ / "vocab.json", made_vocab());
    put(folder_ / "merges.txt", made_merges());
  }

  ClipTokenizer load() const { return ClipTokenizer::from_folder(folder_.path()); }
  std::string refusal() const {
    return message_of<DataError>([&] { load(); });
  }

  TemporaryFolder folder_;
};

json special(const std::string& content, bool normalized) {
  return {{"content", content},
          {"lstrip", false},
          {"normalized", normalized},
          {"rstrip", false},
          {"single_word", false}};
}

TEST_F(ClipFolderTest, ReadsTheLengthAndThePaddingOfTheConfiguration) {
  put(folder_ / "tokenizer_config.json", R"({"model_max_length": 5, "pad_token": "l"})");
  EXPECT_THAT(load().encode("w"), ElementsAre(24, 10, 25, 0, 0));
  EXPECT_THAT(load().tokenize("low"), ElementsAre(0, 1, 10)) << "padding in the text is found";
}

TEST_F(ClipFolderTest, TakesAnUnboundedLengthForThatOfClip) {
  put(folder_ / "tokenizer_config.json", R"({"model_max_length": 1e30})");
  EXPECT_EQ(load().max_length(), 77);
  put(folder_ / "tokenizer_config.json",
      R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(load().max_length(), 77);
}

TEST_F(ClipFolderTest, FindsNormalizedTokensInCapitalsToo) {
  const std::string text = "<|STARTOFTEXT|>";
  EXPECT_GT(load().tokenize(text).size(), 1u);
  const json map = {{"bos_token", special("<|startoftext|>", true)}};
  put(folder_ / "special_tokens_map.json", map.dump());
  EXPECT_THAT(load().tokenize(text), ElementsAre(24));
}

TEST_F(ClipFolderTest, LetsTheLastDeclarationOfATokenCount) {
  const std::string text = "<|ENDOFTEXT|>";
  // As published with Stable Diffusion 1: padding is named by its content alone, so not normalized.
  json map = {{"eos_token", special("<|endoftext|>", true)},
              {"unk_token", special("<|endoftext|>", true)},
              {"pad_token", "<|endoftext|>"}};
  put(folder_ / "special_tokens_map.json", map.dump());
  EXPECT_GT(load().tokenize(text).size(), 1u);
  map["pad_token"] = "l";  // as with Stable Diffusion 2
  put(folder_ / "special_tokens_map.json", map.dump());
  EXPECT_THAT(load().tokenize(text), ElementsAre(25));
}

TEST_F(ClipFolderTest, PutsTokensThatTheVocabularyLacksBehindIt) {
  put(folder_ / "added_tokens.json", R"({"<My-Chair>": 26, "<w>": 27})");
  EXPECT_THAT(load().tokenize("low <my-chair><W>"), ElementsAre(17, 26, 27));
  EXPECT_EQ(load().vocabulary_size(), 28);
}

TEST_F(ClipFolderTest, PrefersTokenizerJson) {
  json vocab = json::parse(made_vocab());
  vocab["low</w>"] = 99;
  const json root = {{"added_tokens", json::array()},
                     {"model",
                      {{"type", "BPE"},
                       {"vocab", vocab},
                       {"merges", json::parse(R"([["l", "o"], ["lo", "w</w>"]])")}}}};
  put(folder_ / "tokenizer.json", root.dump());
  EXPECT_THAT(load().tokenize("low"), ElementsAre(99));
  EXPECT_EQ(load().vocabulary_size(), 100);
  json older = root;
  older["model"]["merges"] = json::array({"l o", "lo w</w>"});
  put(folder_ / "tokenizer.json", older.dump());
  EXPECT_THAT(load().tokenize("low"), ElementsAre(99));
}

TEST_F(ClipFolderTest, SaysWhatIsMissing) {
  const TemporaryFolder empty;
  EXPECT_THAT(message_of<FileError>([&] { ClipTokenizer::from_folder(empty.path()); }),
              HasSubstr("vocab.json"));
  put(empty / "vocab.json", made_vocab());
  EXPECT_THAT(message_of<FileError>([&] { ClipTokenizer::from_folder(empty.path()); }),
              HasSubstr("merges.txt"));
}

TEST_F(ClipFolderTest, SaysWhatIsWrongWithTheVocabulary) {
  for (const auto& [content, reason] : std::vector<std::pair<std::string, std::string>>{
           {"[1]", "expected a table of tokens"},
           {"{}", "the vocabulary is empty"},
           {R"({"l": -1})", "expected an id from 0 to 2^31 - 1, got '-1'"},
           {R"({"l": 3000000000})", "got '3000000000'"},
           {R"({"l": 1.5})", "got '1.5'"},
           {R"({"l": "0"})", "expected an id"},
           {R"({"l": 0, "o": 0})", "another token's too"},
           {R"({"l": 0})", "has neither the token '"},
           {R"({"l": 0)", "not valid JSON"}}) {
    put(folder_ / "merges.txt", "");
    put(folder_ / "vocab.json", content);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("vocab.json"), HasSubstr(reason))) << content;
  }
}

TEST_F(ClipFolderTest, SaysWhatIsWrongWithTheMerges) {
  for (const auto& [content, reason] : std::vector<std::pair<std::string, std::string>>{
           {"#version: 0.2\nl o\nlow\n", "line 3: expected two tokens"},
           {"l o w\n", "line 1: expected two tokens"},
           {"l o\n\n", "line 2: expected two tokens"},
           {"l z\n", "line 1: 'z' is not in the vocabulary"},
           {"l w\n", "line 1: 'lw' is not in the vocabulary"}}) {
    put(folder_ / "merges.txt", content);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("merges.txt"), HasSubstr(reason))) << content;
  }
}

TEST_F(ClipFolderTest, SaysWhatIsWrongWithTokenizerJson) {
  for (const auto& [content, reason] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "expected a table"},
           {R"({"model": 3})", "expected a table"},
           {R"({"model": {"type": "WordPiece"}})", "expected \"BPE\""},
           {R"({"model": {"vocab": {}}})", "expected \"vocab\" and \"merges\""},
           {R"({"model": {"vocab": {"l": 0}, "merges": 1}})", "model.merges: expected a list"},
           {R"({"model": {"vocab": {"l": 0}, "merges": [["l"]]}})", "merges[0]: expected two"},
           {R"({"model": {"vocab": {"l": 0}, "merges": [["l", 2]]}})", "merges[0]: expected two"},
           {R"({"model": {"vocab": {"l": 0}, "merges": ["l o o"]}})", "merges[0]: expected two"},
           {R"({"model": {"vocab": {"l": 0}, "merges": ["l o"]}})", "merges[0]: 'o' is not in"}}) {
    put(folder_ / "tokenizer.json", content);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("tokenizer.json"), HasSubstr(reason))) << content;
  }
}

TEST_F(ClipFolderTest, SaysWhatIsWrongWithTheConfiguration) {
  for (const auto& [content, reason] : std::vector<std::pair<std::string, std::string>>{
           {"3", "expected a table"},
           {R"({"model_max_length": "x"})", "expected a number"},
           {R"({"model_max_length": 1})", "expected a whole number of 2 or more"},
           {R"({"model_max_length": 7.5})", "expected a whole number"},
           {R"({"pad_token": null})", "pad_token: expected a token, got null"},
           {R"({"pad_token": 3})", "expected a token, got 3"},
           {R"({"pad_token": {"a": 1}})", "a token has no \"content\""},
           {R"({"pad_token": {"content": "l", "lstrip": true}})", "lstrip is not supported"},
           {R"({"pad_token": {"content": "l", "normalized": 1}})", "expected true or false"},
           {R"({"padding_side": "left"})", "padding_side: expected \"right\""},
           {R"({"split_special_tokens": true})", "split_special_tokens is not supported"},
           {R"({"extra_special_tokens": 1})", "expected a list"},
           {R"({"added_tokens_decoder": {"x": {"content": "l"}}})", "expected ids and tokens"}}) {
    put(folder_ / "tokenizer_config.json", content);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("tokenizer_config.json"), HasSubstr(reason))) << content;
  }
}

TEST_F(ClipFolderTest, SurvivesDamagedFiles) {
  const auto small =
      std::filesystem::path(SITU_SOURCE_DIR) / "tests/parity/clip_tokenizer/small_v5";
  for (const std::string name : {"vocab.json", "merges.txt", "tokenizer_config.json",
                                 "special_tokens_map.json", "tokenizer.json"}) {
    const TemporaryFolder copy;
    put(copy / "vocab.json", made_vocab());
    put(copy / "merges.txt", made_merges());
    const json map = {{"eos_token", special("<|endoftext|>", true)}, {"pad_token", "l"}};
    const std::string valid = name == "vocab.json"                ? made_vocab()
                              : name == "merges.txt"              ? made_merges()
                              : name == "special_tokens_map.json" ? map.dump()
                                                                  : read_file(small / name);
    const auto read = [&](const std::filesystem::path& damaged) {
      put(copy / name, read_file(damaged));
      ClipTokenizer::from_folder(copy.path()).encode("low <|ENDOFTEXT|> é");
    };
    SCOPED_TRACE(name);
    testing::survive_changed_bytes(valid, 60, read);
    testing::survive_random_bytes(valid.substr(0, 9), 60, read);
    if (name != "merges.txt")
      testing::expect_refused_when_cut(valid.substr(0, valid.rfind('}') + 1), 40, read);
  }
}

}  // namespace
}  // namespace situ
