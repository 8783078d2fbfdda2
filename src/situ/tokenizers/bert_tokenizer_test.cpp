// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/bert_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

// Ids:           0      1      2      3      4       5    6      7     8    9  10   11
const char* kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nroad\nun\n##aff\n##able\n.\nroads\n##é\n";

class BertTokenizerFolder : public ::testing::Test {
 protected:
  BertTokenizerFolder() { put(folder_ / "vocab.txt", kVocabulary); }

  nlohmann::json tokenizer_json() const {
    return {{"model",
             {{"type", "WordPiece"},
              {"unk_token", "[UNK]"},
              {"vocab", {{"[UNK]", 0}, {"[CLS]", 1}, {"[SEP]", 2}, {"road", 3}, {"Road", 4}}}}},
            {"normalizer", {{"type", "BertNormalizer"}, {"lowercase", false}}},
            {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
            {"added_tokens",
             {{{"id", 0}, {"content", "[UNK]"}, {"normalized", false}, {"special", true}}}}};
  }
  std::string refusal(const nlohmann::json& tokenizer) {
    put(folder_ / "tokenizer.json", tokenizer.dump());
    return message_of<DataError>([&] { BertTokenizer::from_folder(folder_.path()); });
  }

  TemporaryFolder folder_;
};

TEST_F(BertTokenizerFolder, CutsWordsIntoTheLongestPieces) {
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_.path());
  EXPECT_THAT(tokenizer.encode("Unaffable  ROADS."), ElementsAre(2, 6, 7, 8, 10, 9, 3));
  EXPECT_THAT(tokenizer.encode("unroad"), ElementsAre(2, 1, 3)) << "##road is no piece";
  EXPECT_THAT(tokenizer.encode("[SEP]road[SEP]"), ElementsAre(2, 3, 5, 3, 3));
  EXPECT_THAT(tokenizer.encode(""), ElementsAre(2, 3));
  EXPECT_EQ(tokenizer.decode(std::vector<int64_t>{6, 7, 8, 10, 9}), "unaffable roads.");
  EXPECT_THROW(tokenizer.decode(std::vector<int64_t>{12}), std::invalid_argument);
}

TEST_F(BertTokenizerFolder, KeepsCaseAndAccentsWhereItsConfigurationSaysSo) {
  put(folder_ / "tokenizer_config.json", R"({"do_lower_case": false})");
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_.path());
  EXPECT_THAT(tokenizer.encode("Road roadé uné"), ElementsAre(2, 1, 5, 11, 6, 11, 3));
}

TEST_F(BertTokenizerFolder, TakesCharactersAsUnicode8ClassedThem) {
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_.path());
  EXPECT_THAT(tokenizer.encode("road\u166Droad"), ElementsAre(2, 5, 1, 5, 3)) << "a mark";
  EXPECT_THAT(tokenizer.encode("ro\u1734ad"), ElementsAre(2, 5, 3)) << "an accent";
  EXPECT_THAT(tokenizer.encode("ro\u1885ad"), ElementsAre(2, 1, 3)) << "a letter";
}

TEST_F(BertTokenizerFolder, ReadsLinesWithoutTheSpaceBehindAndTheLastOfTwo) {
  put(folder_ / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\r\nroad \t\nroad\ndog\u3000\n\ncat");
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_.path());
  EXPECT_THAT(tokenizer.encode("road dog cat"), ElementsAre(1, 4, 5, 7, 2));
}

TEST_F(BertTokenizerFolder, WritesMarksDirectlyBehindWordsAndCleansSpacesWhenAskedTo) {
  put(folder_ / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\ndriver\n'\ns\n...\n?\nseat\n.\n");
  const std::vector<int64_t> ids{3, 4, 5, 8, 6, 8, 7, 9};
  const auto tokenizer = [&] { return BertTokenizer::from_folder(folder_.path()); };
  EXPECT_EQ(tokenizer().decode(ids), "driver ' s seat... seat?.");
  EXPECT_EQ(tokenizer().decode(ids, SpaceCleanUp::kAlways), "driver's seat... seat?.");
  put(folder_ / "tokenizer_config.json", R"({"clean_up_tokenization_spaces": true})");
  EXPECT_EQ(tokenizer().decode(ids), "driver's seat... seat?.");
}

TEST_F(BertTokenizerFolder, FollowsTokenizerConfigRatherThanTokenizerJson) {
  put(folder_ / "tokenizer.json", tokenizer_json().dump());
  put(folder_ / "tokenizer_config.json", R"({"do_lower_case": true, "strip_accents": null})");
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_.path());
  EXPECT_THAT(tokenizer.encode("Road röad ROÁD"), ElementsAre(1, 3, 3, 3, 2));
}

TEST_F(BertTokenizerFolder, FindsAddedTokensByTheIdOfTheVocabulary) {
  nlohmann::json tokenizer = tokenizer_json();
  tokenizer["added_tokens"] = {{{"id", 9}, {"content", "road"}}, {{"id", 7}, {"content", "<x>"}}};
  put(folder_ / "tokenizer.json", tokenizer.dump());
  EXPECT_THAT(BertTokenizer::from_folder(folder_.path()).encode("road<x>"),
              ElementsAre(1, 3, 7, 2));
}

TEST_F(BertTokenizerFolder, MayBeTheOneFileOfTransformers5) {
  put(folder_ / "tokenizer.json", tokenizer_json().dump());
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_.path());
  EXPECT_THAT(tokenizer.encode("Road road ROAD"), ElementsAre(1, 4, 3, 0, 2));
}

TEST_F(BertTokenizerFolder, IsRefusedWhereItIsAnotherKindOrMalformed) {
  nlohmann::json other = tokenizer_json();
  other["model"]["type"] = "BPE";
  EXPECT_THAT(refusal(other), HasSubstr("model: expected a table of type WordPiece"));
  other = tokenizer_json();
  other["model"]["vocab"]["road"] = -1;
  EXPECT_THAT(refusal(other), HasSubstr("expected ids below"));
  other = tokenizer_json();
  other["model"]["vocab"].erase("[CLS]");
  EXPECT_THAT(refusal(other), HasSubstr("expected the token [CLS]"));
  other = tokenizer_json();
  other["normalizer"] = nullptr;
  EXPECT_THAT(refusal(other), HasSubstr("normalizer"));
  other = tokenizer_json();
  other["added_tokens"] = {{{"content", "x"}}};
  EXPECT_THAT(refusal(other), HasSubstr("added_tokens"));
  other = tokenizer_json();
  other["added_tokens"][0]["single_word"] = true;
  EXPECT_THAT(refusal(other), HasSubstr("single_word: expected false"));
  EXPECT_THAT(refusal(nlohmann::json::array()), HasSubstr("expected a table"));
  std::filesystem::remove(folder_ / "tokenizer.json");
  put(folder_ / "vocab.txt", "only\nwords\n");
  EXPECT_THAT(message_of<DataError>([&] { BertTokenizer::from_folder(folder_.path()); }),
              HasSubstr("[UNK]"));
  std::filesystem::remove(folder_ / "vocab.txt");
  EXPECT_THAT(message_of<FileError>([&] { BertTokenizer::from_folder(folder_.path()); }),
              HasSubstr("no tokenizer there"));
}

}  // namespace
}  // namespace situ
