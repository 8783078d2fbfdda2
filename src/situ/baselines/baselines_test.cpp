// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/baselines/object_stitching.h"
#include "situ/baselines/paste_object.h"
#include "situ/baselines/text_to_image_pasting.h"
#include "situ/core/temporary_folder.h"
#include "situ/generation/sample_labels.h"
#include "situ/generation/test_generation.h"

namespace situ {
namespace {

using fakes::plain_scene;
using ::testing::HasSubstr;

TEST(PasteObject, CopiesWhatIsShownAndLabelsTheObject) {
  const at::Tensor scene = plain_scene(20, 30, {9, 9, 9});
  const at::Tensor patch = plain_scene(4, 5, {200, 100, 50});
  const at::Tensor shown = at::ones({4, 5}, at::kBool);
  at::Tensor object = at::zeros({4, 5}, at::kBool);
  object[1].fill_(true);
  const Insertion pasted = paste_object(scene, patch, shown, object, 3, 7, 1);
  EXPECT_EQ(pasted.image[0].eq(200).sum().item<int64_t>(), 20);
  EXPECT_EQ(pasted.annotation->area_px, 5);
  EXPECT_EQ(pasted.annotation->box, (Box{7, 4, 12, 5}));
  EXPECT_TRUE(pasted.alpha.gt(0).equal(pasted.image[0].eq(200)));
  EXPECT_TRUE(scene.equal(plain_scene(20, 30, {9, 9, 9})));
  EXPECT_THROW(paste_object(scene, patch, shown, object, 18, 7, 1), std::invalid_argument);
}

// Four images of 40 x 50 in a plain folder: a thing of class 1, one with class 2 (excluded), one
// that is too small, and one with two instances.
class Stitching : public ::testing::Test {
 protected:
  Stitching() {
    const auto put = [&](const std::string& name, const at::Tensor& labels, fakes::Rgb color) {
      for (const char* part : {"images", "labels"}) {
        std::filesystem::create_directories(folder_ / part);
      }
      save_png(folder_ / "images" / (name + ".png"),
               plain_scene(labels.size(0), labels.size(1), color));
      save_png(folder_ / "labels" / (name + ".png"), labels);
    };
    at::Tensor labels = at::zeros({40, 50}, at::kByte);
    labels.slice(0, 10, 20).slice(1, 5, 25).fill_(1);
    put("good", labels, {255, 0, 0});
    at::Tensor with_car = labels.clone();
    with_car[39][49] = 2;
    put("with_car", with_car, {0, 255, 0});
    put("small", at::ones({10, 10}, at::kByte), {0, 0, 255});
    objects_ = open_dataset("folder", folder_.path(), "", {.labels = "camvid"});
    objects_.labels = LabelSet("things",
                               {{.id = 0, .name = "background"},
                                {.id = 1, .name = "dog", .is_thing = true},
                                {.id = 2, .name = "car", .is_thing = true}},
                               {});
    nlohmann::json json = testing::recipe_json(1);
    json["method"] = {
        {"kind", "stitch"}, {"objects", "folder"}, {"exclude", {"car"}}, {"min_image_side", 20}};
    json["objects"] = {{{"name", "object of COCO"}, {"id", 254}}};
    recipe_ = recipe_from_json(json, {}, "test.yaml");
  }

  MadeSample make(const std::string& id, int64_t height = 72, int64_t width = 96) {
    PlannedSample planned;
    planned.id = id;
    planned.objects = {{&recipe_.objects[0], ""}};
    SampleSource source;
    source.scene = plain_scene(height, width, {9, 9, 9});
    return ObjectStitcher(recipe_, objects_).make(planned, source);
  }

  TemporaryFolder folder_;
  Dataset objects_;
  Recipe recipe_;
};

TEST_F(Stitching, PastesTheObjectAsItIsAndOnlyIt) {
  for (int i = 0; i < 20; ++i) {
    const MadeSample made = make("sample" + std::to_string(i));
    ASSERT_EQ(made.objects[0].status, InsertionStatus::kInserted);
    const at::Tensor red = made.image[0].eq(255) & made.image[1].eq(0);
    EXPECT_EQ(red.sum().item<int64_t>(), 200) << "10 x 20, of the only image that will do";
    EXPECT_TRUE(red.equal(made.objects[0].annotation->mask));
    EXPECT_EQ(made.image[1].ne(9).sum().item<int64_t>(), 200);
  }
}

TEST_F(Stitching, ReachesEveryPlaceAndRepeatsItself) {
  std::set<int64_t> lefts;
  for (int i = 0; i < 60; ++i) {
    const Box box = make("s" + std::to_string(i), 12, 24).objects[0].annotation->box;
    lefts.insert(box.x0);
    EXPECT_LE(box.y0, 2);
  }
  EXPECT_EQ(lefts, (std::set<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(make("a").image.equal(make("a").image));
}

TEST_F(Stitching, Scales) {
  recipe_.method.scales = {0.5};
  EXPECT_EQ(make("a").objects[0].annotation->area_px, 50);
}

TEST_F(Stitching, SaysWhatIsMissing) {
  EXPECT_EQ(make("a", 9, 96).objects[0].status, InsertionStatus::kNoRoom);
  recipe_.method.min_image_side = 1000;
  EXPECT_THAT(make("a").objects[0].reason(), HasSubstr("no image of"));
  recipe_.method.exclude = {"cra"};
  EXPECT_THROW(ObjectStitcher(recipe_, objects_), std::invalid_argument);
}

// Paints an object of the prompt's colour from the second picture on.
class FakeTextToImage : public TextToImage {
 public:
  at::Tensor imagine(const std::string&, const InpaintingOptions&, uint64_t) override {
    at::Tensor picture = plain_scene(16, 16, {50, 60, 70});
    if (++calls_ > 1) {
      const at::Tensor object = plain_scene(8, 8, testing::kDog);
      picture.slice(1, 4, 12).slice(2, 4, 12).copy_(object);
    }
    return picture;
  }

 private:
  int calls_ = 0;
};

MadeSample paste_text_to_image(const char* kind) {
  nlohmann::json json = testing::recipe_json(1);
  json["method"] = {{"kind", kind}, {"paste_margin", 5}};
  json["models"] = {{"text_to_image", "any"}};
  const Recipe recipe = recipe_from_json(json, {}, "test.yaml");
  FakeTextToImage painter;
  fakes::FakeSegmenter segmenter(fakes::find_color({{"dog", testing::kDog}}));
  PlannedSample planned;
  planned.id = "sample";
  planned.objects = {{&recipe.objects[0], "A good photo of a dog"}};
  SampleSource source;
  source.scene = plain_scene(72, 96, {9, 9, 9});
  return TextToImagePaster(recipe, painter, segmenter).make(planned, source);
}

TEST(TextToImagePaster, PastesTheWholePictureOrTheObjectAlone) {
  const MadeSample full = paste_text_to_image("t2i-full");
  const MadeSample crop = paste_text_to_image("t2i-crop");
  for (const MadeSample* made : {&full, &crop}) {
    const Insertion& one = made->objects[0];
    ASSERT_EQ(one.status, InsertionStatus::kInserted);
    ASSERT_EQ(one.attempts.size(), 2u) << "the first picture shows no dog";
    EXPECT_EQ(one.annotation->area_px, 64);
    EXPECT_GE(one.region->x0, 5);
    EXPECT_LT(one.region->y1, 72 - 5);
  }
  EXPECT_EQ(full.image[1].ne(9).sum().item<int64_t>(), 256);
  EXPECT_EQ(crop.image[1].ne(9).sum().item<int64_t>(), 64);
}

TEST(TextToImagePaster, LeavesThePastedBackgroundUnlabelled) {
  nlohmann::json json = testing::recipe_json(1);
  json["method"] = {{"kind", "t2i-full"}};
  json["models"] = {{"text_to_image", "any"}};
  const Recipe recipe = recipe_from_json(json, {}, "test.yaml");
  const MadeSample made = paste_text_to_image("t2i-full");
  const std::vector<PlannedInsertion> planned{{&recipe.objects[0], ""}};
  const SampleLabels labels =
      label_sample(at::full({72, 96}, 3, at::kByte), made.image, recipe, planned, made.objects);
  EXPECT_EQ(labels.labels.eq(100).sum().item<int64_t>(), 64);
  EXPECT_EQ(labels.labels.eq(11).sum().item<int64_t>(), 256 - 64);
  EXPECT_EQ(labels.anomaly.eq(255).sum().item<int64_t>(), 256 - 64);
}

TEST(TextToImagePaster, NeedsAModel) {
  nlohmann::json json = testing::recipe_json(1);
  json["method"] = {{"kind", "t2i-crop"}};
  EXPECT_THROW(recipe_from_json(json, {}, "test.yaml"), std::invalid_argument);
}

}  // namespace
}  // namespace situ
