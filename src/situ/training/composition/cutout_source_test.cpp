// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/cutout_source.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "situ/core/errors.h"
#include "situ/training/composition/made_data.h"

namespace situ {
namespace {

TEST(MakeCutout, CutsToTheVisibleBoxAndMultipliesWithAlpha) {
  at::Tensor alpha = at::zeros({20, 30}, at::kByte);
  alpha.slice(0, 5, 9).slice(1, 10, 16).fill_(255);
  alpha[6][12] = 128;
  const at::Tensor cutout = make_cutout(at::full({3, 20, 30}, 200, at::kByte), alpha);
  ASSERT_EQ(cutout.sizes(), at::IntArrayRef({4, 6, 8}));  // one pixel more on each side
  EXPECT_EQ(cutout[0][0][0].item<int>(), 0);
  EXPECT_EQ(cutout[0][1][1].item<int>(), 200);
  EXPECT_EQ(cutout[3][1][1].item<int>(), 255);
  EXPECT_EQ(cutout[0][2][3].item<int>(), 100);  // 200 * 128 / 255, rounded
}

TEST(MakeCutout, IsEmptyWhenNothingIsVisible) {
  EXPECT_EQ(make_cutout(at::zeros({3, 8, 8}, at::kByte), at::zeros({8, 8}, at::kByte)).dim(), 1);
}

TEST(MakeCutout, LimitsTheLongerSide) {
  const at::Tensor cutout =
      make_cutout(at::full({3, 600, 300}, 9, at::kByte), at::full({600, 300}, 255, at::kByte));
  EXPECT_EQ(cutout.sizes(), at::IntArrayRef({4, kMaxCutoutSidePx, kMaxCutoutSidePx / 2}));
}

TEST(SoftAlpha, IsFullInsideAndFadesAtTheBorder) {
  at::Tensor mask = at::zeros({9, 9}, at::kBool);
  mask.slice(0, 2, 7).slice(1, 2, 7).fill_(true);
  const at::Tensor alpha = soft_alpha(mask);
  EXPECT_EQ(alpha[4][4].item<int>(), 255);
  EXPECT_EQ(alpha[4][2].item<int>(), 102);  // 255 * (6 - 4) / 5
  EXPECT_EQ(alpha[2][2].item<int>(), 0);    // a corner
  EXPECT_EQ(alpha[4][1].item<int>(), 0);
}

TEST(Recoloured, TurnsGoldIntoNearlyBlackAndKeepsAlpha) {
  at::Tensor gold = at::empty({4, 2, 2}, at::kByte);
  gold[0].fill_(250);
  gold[1].fill_(180);
  gold[2].fill_(20);
  gold[3].fill_(77);
  const at::Tensor black = recoloured(gold, {.saturation = 0.0, .brightness = 0.2}, 0.0);
  const int gray =
      black[0][0][0].item<int>();  // 0.2 * (0.213 * 250 + 0.715 * 180 + 0.072 * 20) = 36.7
  EXPECT_EQ(gray, 37);
  EXPECT_EQ(black[1][1][1].item<int>(), gray);
  EXPECT_EQ(black[2][0][1].item<int>(), gray);
  EXPECT_EQ(black[3][0][0].item<int>(), 77);
  EXPECT_TRUE(at::equal(recoloured(gold, {}, 0.0), gold));
}

TEST(Recoloured, FillsNarrowDarkStrokes) {
  at::Tensor picture = at::full({4, 21, 21}, 200, at::kByte);
  picture.slice(0, 0, 3).slice(2, 9, 12).fill_(50);
  const at::Tensor filled = recoloured(picture, {.fill_strokes_px = 2}, 0.0);
  EXPECT_EQ(filled[0][10][10].item<int>(), 200);
}

TEST(CutoutSource, SeparatesRenderedObjectsFromPhotos) {
  const Vocabulary vocabulary{{made::plain_name("red"), made::plain_name("green")}};
  const CutoutSource source(vocabulary, {{made::plain_cutout(4, 4, 255, 0, 0, true),
                                          made::plain_cutout(5, 5, 255, 0, 0, false)},
                                         {made::plain_cutout(6, 6, 0, 255, 0, true)}});
  EXPECT_EQ(source.size(), 2);
  EXPECT_EQ(source.rendered(0).size(), 1u);
  EXPECT_EQ(source.photos(0).size(), 1u);
  EXPECT_TRUE(source.photos(1).empty());
  EXPECT_THROW(CutoutSource(vocabulary, {{made::plain_cutout(4, 4, 0, 0, 0, true)}}),
               std::invalid_argument);
  EXPECT_THROW(CutoutSource(vocabulary, {{made::plain_cutout(4, 4, 0, 0, 0, true)}, {}}),
               std::invalid_argument);
}

/// A folder with one rendered object and COCO annotations of one dog that is whole
/// and one that the frame cuts.
class MadeSources : public testing::Test {
 protected:
  void SetUp() override {
    at::Tensor emoji = at::zeros({4, 40, 40}, at::kByte);
    emoji.slice(1, 10, 30).slice(2, 10, 30).fill_(250);
    save_png(folder_.at("emoji_3d/webp/1f415.webp"), emoji);
    at::Tensor segments = at::zeros({3, 100, 160}, at::kByte);
    segments[0].slice(0, 20, 80).slice(1, 20, 80).fill_(7);
    segments[1].slice(0, 20, 100).slice(1, 90, 150).fill_(1);  // id 256
    const std::string annotations = "coco128_panoptic/panoptic_segmentation/annotations/";
    save_png(folder_.at(annotations + "panoptic_train2017/000001.png"), segments);
    save_png(folder_.at("coco128_panoptic/images/train2017/000001.jpg"),
             at::full({3, 100, 160}, 90, at::kByte));
    folder_.write(
        annotations + "panoptic_train2017.json",
        R"({"categories": [{"id": 18, "name": "dog"}], "annotations": [{"file_name": "000001.png",
                      "segments_info": [{"id": 7, "category_id": 18, "iscrowd": 0, "area": 3600},
                                        {"id": 256, "category_id": 18, "iscrowd": 0, "area": 4800}]}]})");
  }

  void make_bags(int count) {
    at::Tensor mask = at::zeros({100, 100}, at::kByte);
    mask.slice(0, 20, 80).slice(1, 20, 80).fill_(255);
    for (int i = 0; i < count; ++i) {
      const std::string name = std::to_string(i);
      save_png(folder_.at("bags/images/" + name + ".jpg"), at::full({3, 100, 100}, 120, at::kByte));
      save_png(folder_.at("bags/masks/" + name + ".png"), mask);
    }
  }

  Vocabulary vocabulary(const std::string& sources) {
    return load_vocabulary(
        folder_.write("v.yaml", "version: 1\nnames: [{name: thing, sources: " + sources + "}]"));
  }

  made::Folder folder_;
};

TEST_F(MadeSources, GiveOneRenderedCutoutAHue) {
  const CutoutSource source = CutoutSource::load(
      folder_.path(), vocabulary("[{emoji: 1f415, hues_deg: [0, 90]}]"), CutoutSplit::kTrain);
  ASSERT_EQ(source.rendered(0).size(), 2u);
  EXPECT_EQ(source.rendered(0)[1].id, "emoji/1f415@90");
  EXPECT_EQ(source.rendered(0)[0].premultiplied.size(1), 22);
}

TEST_F(MadeSources, MirrorTheKeptHalfOfASymmetricObject) {
  const CutoutSource source = CutoutSource::load(
      folder_.path(), vocabulary("[{emoji: 1f415, keep: [0, 0, 0.5, 1], symmetric: true}]"),
      CutoutSplit::kTrain);
  const at::Tensor cutout = source.rendered(0)[0].premultiplied;
  EXPECT_EQ(cutout.size(2), 22);
  EXPECT_TRUE(at::equal(cutout, cutout.flip(2)));
}

TEST_F(MadeSources, KeepCocoInstancesThatAreWhole) {
  const CutoutSource source =
      CutoutSource::load(folder_.path(), vocabulary("[{coco: dog}]"), CutoutSplit::kTrain);
  ASSERT_EQ(source.photos(0).size(), 1u);
  EXPECT_EQ(source.photos(0)[0].id, "coco/000001/7");
}

TEST_F(MadeSources, KeepOnlyTheInstancesThatTheVocabularyLists) {
  const auto load = [&](const std::string& sources) {
    return CutoutSource::load(folder_.path(), vocabulary(sources), CutoutSplit::kTrain)
        .photos(0)
        .size();
  };
  EXPECT_EQ(load("[{emoji: 1f415}, {coco: dog, only: [000001/7]}]"), 1u);
  EXPECT_EQ(load("[{emoji: 1f415}, {coco: dog, only: [000001/8]}]"), 0u);
}

TEST_F(MadeSources, HoldSomeOfManyPhotosOutAndNeverMixThem) {
  make_bags(24);
  const Vocabulary bags = vocabulary("[{emoji: 1f415}, {photos: bags}]");
  std::set<std::string> train, held_out;
  const CutoutSource training = CutoutSource::load(folder_.path(), bags, CutoutSplit::kTrain);
  for (const Cutout& one : training.photos(0)) train.insert(one.id);
  const CutoutSource evaluation = CutoutSource::load(folder_.path(), bags, CutoutSplit::kHeldOut);
  for (const Cutout& one : evaluation.photos(0)) held_out.insert(one.id);
  EXPECT_EQ(train.size() + held_out.size(), 24u);
  EXPECT_GT(held_out.size(), 0u);
  EXPECT_GT(train.size(), 15u);
  for (const std::string& id : held_out) EXPECT_EQ(train.count(id), 0u) << id;
  EXPECT_EQ(evaluation.rendered(0).size(), 1u);
}

TEST_F(MadeSources, MissingOrBrokenAreNamed) {
  EXPECT_THROW(
      CutoutSource::load(folder_.path(), vocabulary("[{emoji: 1f999}]"), CutoutSplit::kTrain),
      FileError);
  try {
    CutoutSource::load(folder_.path(), vocabulary("[{coco: cat}]"), CutoutSplit::kTrain);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no cut-out of 'thing'"));
  }
  folder_.write("coco128_panoptic/panoptic_segmentation/annotations/panoptic_val2017.json",
                R"({"categories": 3})");
  EXPECT_THROW(CutoutSource::load(folder_.path(), vocabulary("[{coco: dog}]"), CutoutSplit::kTrain),
               DataError);
}

}  // namespace
}  // namespace situ
