// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/training/composition/made_data.h"

namespace situ {
namespace {

const std::filesystem::path kShipped =
    std::filesystem::path(SITU_SOURCE_DIR) / "models" / "vocabulary.yaml";

std::string error_of(const std::string& yaml) {
  const made::Folder folder;
  try {
    load_vocabulary(folder.write("v.yaml", yaml));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Vocabulary, ReadsNamesPhrasesAndSources) {
  const made::Folder folder;
  const Vocabulary vocabulary = load_vocabulary(folder.write("v.yaml", R"(
version: 1
names:
  - name: bird
    phrases: [bird flying, pigeon]
    airborne: true
    sources:
      - {emoji: 1f54a-fe0f, recolour: {saturation: 0.5, brightness: 0.25, fill_strokes_px: 3}, hues_deg: [0, 90]}
      - {coco: bird, min_aspect: 1.5}
  - name: horse
    sources: [{photos: weizmann_horses, keep: [0, 0.5, 1, 1], symmetric: true}]
)"));
  ASSERT_EQ(vocabulary.names.size(), 2u);
  const VocabularyName& bird = vocabulary.names[0];
  EXPECT_EQ(bird.name, "bird");
  EXPECT_TRUE(bird.airborne);
  EXPECT_THAT(bird.phrases, testing::ElementsAre("bird flying", "pigeon"));
  ASSERT_EQ(bird.sources.size(), 2u);
  EXPECT_EQ(bird.sources[0].kind, CutoutKind::kEmoji);
  EXPECT_EQ(bird.sources[0].source, "1f54a-fe0f");
  EXPECT_EQ(bird.sources[0].recolour.saturation, 0.5);
  EXPECT_EQ(bird.sources[0].recolour.brightness, 0.25);
  EXPECT_EQ(bird.sources[0].recolour.fill_strokes_px, 3);
  EXPECT_THAT(bird.sources[0].hues_deg, testing::ElementsAre(0.0, 90.0));
  EXPECT_EQ(bird.sources[1].kind, CutoutKind::kCoco);
  EXPECT_EQ(bird.sources[1].min_aspect, 1.5);
  const CutoutRecipe& horses = vocabulary.names[1].sources[0];
  EXPECT_EQ(horses.kind, CutoutKind::kMaskedPhotos);
  EXPECT_TRUE(horses.symmetric);
  EXPECT_THAT(horses.keep, testing::ElementsAre(0.0, 0.5, 1.0, 1.0));
  EXPECT_FALSE(vocabulary.names[1].airborne);
}

TEST(Vocabulary, FindsANameByItselfAndByItsPhrases) {
  const Vocabulary vocabulary = load_vocabulary(kShipped);
  ASSERT_TRUE(vocabulary.find("crocodile"));
  EXPECT_EQ(vocabulary.find("alligator"), vocabulary.find("crocodile"));
  EXPECT_EQ(vocabulary.find("bird flying"), vocabulary.find("bird"));
  EXPECT_EQ(vocabulary.find("dragon"), std::nullopt);
}

TEST(Vocabulary, ThatShipsHasTheNamesThatTheToolPromises) {
  const Vocabulary vocabulary = load_vocabulary(kShipped);
  EXPECT_GE(vocabulary.names.size(), 36u);
  for (const char* name :
       {"dog", "suitcase", "tiger", "bicycle", "garbage bag", "cat", "horse", "sofa", "person"}) {
    EXPECT_TRUE(vocabulary.find(name)) << name;
  }
}

TEST(Vocabulary, NamesTheKeyOfWhatIsWrong) {
  using testing::HasSubstr;
  EXPECT_THAT(error_of("names: []"), HasSubstr("'version'"));
  EXPECT_THAT(error_of("version: 2\nnames: []"), HasSubstr("version: expected 1, got 2"));
  EXPECT_THAT(error_of("version: 1\nnames: []"), HasSubstr("names: expected 1 to"));
  EXPECT_THAT(error_of("version: 1\nnames: dog"), HasSubstr("names: expected a list"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog}]"),
              HasSubstr("names[0]: expected the key 'sources'"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, sources: []}]"),
              HasSubstr("names[0].sources"));
  EXPECT_THAT(error_of("version: 1\nnames: [{nam: dog, sources: []}]"),
              HasSubstr("did you mean 'name'"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: Dog, sources: [{coco: dog}]}]"),
              HasSubstr("names[0].name: expected lower-case"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, sources: [{coco: dog, emoji: 1f415}]}]"),
              HasSubstr("names[0].sources[0]: expected exactly one of"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, sources: [{emoji: ../../etc/passwd}]}]"),
              HasSubstr("names[0].sources[0].emoji"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, sources: [{photos: cats}]}]"),
              HasSubstr("names[0].sources[0].photos: expected weizmann_horses or bags"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, sources: [{coco: dog, min_aspect: nan}]}]"),
              HasSubstr("names[0].sources[0].min_aspect"));
  EXPECT_THAT(
      error_of("version: 1\nnames: [{name: dog, sources: [{coco: dog, keep: [0, 0, 0, 1]}]}]"),
      HasSubstr("names[0].sources[0].keep: expected x0 < x1"));
  EXPECT_THAT(
      error_of(
          "version: 1\nnames: [{name: dog, sources: [{emoji: 1f415, recolour: {brightness: 9}}]}]"),
      HasSubstr("names[0].sources[0].recolour.brightness"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, sources: [{coco: dog}]}, {name: dog, "
                       "sources: [{coco: dog}]}]"),
              HasSubstr("names[1].name: 'dog' is taken"));
  EXPECT_THAT(error_of("version: 1\nnames: [{name: dog, phrases: [dog], sources: [{coco: dog}]}]"),
              HasSubstr("names[0].phrases: 'dog' is taken"));
  EXPECT_THAT(error_of(""), testing::Not("no error"));
  EXPECT_THAT(error_of("[1, 2"), HasSubstr("v.yaml"));
  EXPECT_THROW(load_vocabulary("/nowhere/v.yaml"), FileError);
}

TEST(Vocabulary, RefusesTruncatedAndGarbledFilesWithADataErrorAtMost) {
  std::ifstream file(kShipped, std::ios::binary);
  std::stringstream buffer;
  buffer << file.rdbuf();
  const std::string whole = buffer.str();
  ASSERT_FALSE(whole.empty());
  const made::Folder folder;
  Random random(7);
  for (int i = 0; i < 60; ++i) {
    std::string bytes = whole.substr(0, static_cast<std::size_t>(random.integer(0, 900)));
    for (int k = 0; k < i % 4 && !bytes.empty(); ++k) {
      bytes[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(bytes.size())))] =
          static_cast<char>(random.integer(0, 256));
    }
    try {
      load_vocabulary(folder.write("v.yaml", bytes));
    } catch (const DataError&) {
    }
  }
}

}  // namespace
}  // namespace situ
