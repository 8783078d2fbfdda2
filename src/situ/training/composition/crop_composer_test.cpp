// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/crop_composer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "situ/imaging/box.h"
#include "situ/training/composition/made_data.h"

namespace situ {
namespace {

/// Two scenes, a red upright object, a green wide one that is rendered or a photo, and a blue
/// flying one.
class Composer : public testing::Test {
 protected:
  CropComposer composer(const CompositionOptions& options = {}) const {
    return CropComposer(scenes_, cutouts_, options);
  }

  made::Folder folder_;
  SceneSource scenes_{{made::half_road_scene(folder_, "a", 240, 320),
                       made::half_road_scene(folder_, "b", 180, 240)}};
  CutoutSource cutouts_{Vocabulary{{made::plain_name("red"), made::plain_name("green"),
                                    made::plain_name("blue", true)}},
                        {{made::plain_cutout(200, 100, 200, 40, 40, true)},
                         {made::plain_cutout(60, 150, 40, 200, 40, true),
                          made::plain_cutout(61, 150, 40, 220, 40, false)},
                         {made::plain_cutout(90, 90, 40, 40, 200, true)}}};
};

TEST_F(Composer, GivesTheSameCropForTheSameSeed) {
  const CropComposer composer = this->composer();
  for (const uint64_t seed : {0u, 1u, 99u}) {
    const ComposedCrop first = composer.compose(seed), second = composer.compose(seed);
    EXPECT_TRUE(at::equal(first.image, second.image));
    EXPECT_TRUE(at::equal(first.hole, second.hole));
    EXPECT_TRUE(at::equal(first.object, second.object));
    EXPECT_EQ(first.name, second.name);
  }
  EXPECT_FALSE(at::equal(composer.compose(1).image, composer.compose(2).image));
}

TEST_F(Composer, GivesTheSameCropsFromSeveralThreads) {
  const CropComposer composer = this->composer();
  std::vector<ComposedCrop> crops(8);
  std::thread odd([&] {
    for (std::size_t i = 1; i < 8; i += 2) crops[i] = composer.compose(i);
  });
  for (std::size_t i = 0; i < 8; i += 2) crops[i] = composer.compose(i);
  odd.join();
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_TRUE(at::equal(crops[i].image, composer.compose(i).image)) << i;
}

TEST_F(Composer, KeepsTheObjectInTheHoleAndTheHoleInTheCrop) {
  const CropComposer composer = this->composer();
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ComposedCrop crop = composer.compose(seed);
    ASSERT_EQ(crop.image.sizes(), at::IntArrayRef({3, 128, 128}));
    ASSERT_EQ(crop.image.scalar_type(), at::kByte);
    const Box hole = bounding_box(crop.hole).value();
    EXPECT_EQ(crop.hole.sum().item<int64_t>(), hole.area());
    EXPECT_GE(std::min(hole.x0, hole.y0), 1);
    EXPECT_LE(std::max(hole.x1, hole.y1), 127);
    const double longer = static_cast<double>(std::max(hole.width(), hole.height()));
    EXPECT_GE(longer, 71.0);
    EXPECT_LE(longer, 113.0);
    EXPECT_NEAR(static_cast<double>(hole.width()) / hole.height(), 1.0, 0.27);
    ASSERT_EQ(crop.name >= 0, crop.object.any().item<bool>());
    EXPECT_FALSE(crop.object.logical_and(crop.hole.logical_not()).any().item<bool>());
    if (crop.name < 0) continue;
    const Box object = bounding_box(crop.object).value();
    const double fill = std::max(static_cast<double>(object.width()) / hole.width(),
                                 static_cast<double>(object.height()) / hole.height());
    EXPECT_GT(fill, 0.78) << seed;
    if (crop.name != 2) {
      EXPECT_LE(hole.y1 - object.y1, 9) << "stands at the bottom, seed " << seed;
    }
  }
}

TEST_F(Composer, ChangesNothingOutsideTheHole) {
  // With the same seed the window and hole are drawn before anything about the object.
  const CropComposer with = composer({.empty_share = 0.0}),
                     without = composer({.empty_share = 1.0});
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const ComposedCrop pasted = with.compose(seed), scene = without.compose(seed);
    ASSERT_EQ(scene.name, -1);
    ASSERT_TRUE(at::equal(pasted.hole, scene.hole));
    const at::Tensor outside = scene.hole.logical_not();
    EXPECT_TRUE(at::equal(pasted.image.masked_select(outside), scene.image.masked_select(outside)))
        << seed;
  }
}

TEST_F(Composer, PaintsTheColourOfTheName) {
  const CropComposer composer = this->composer({.empty_share = 0.0});
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const ComposedCrop crop = composer.compose(seed);
    for (int64_t channel = 0; channel < 3; ++channel) {
      const double mean =
          crop.image[channel].masked_select(crop.object).to(at::kDouble).mean().item<double>();
      EXPECT_EQ(mean > 80.0, channel == crop.name)
          << "seed " << seed << ", channel " << channel << ", mean " << mean;
    }
  }
}

TEST_F(Composer, CastsAShadowUnderWhatStands) {
  const CompositionOptions dark{
      .road_share = 1.0, .min_road_overlap = 1.0, .empty_share = 0.0, .min_shadow = 0.6};
  const CropComposer with = composer(dark);
  CompositionOptions options = dark;
  options.min_shadow = options.max_shadow = 0.0;
  const CropComposer without = composer(options);
  int darker = 0, standing = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const ComposedCrop a = with.compose(seed), b = without.compose(seed);
    ASSERT_EQ(a.name, b.name);
    const at::Tensor ground = a.object.logical_not();
    const int64_t changed = a.image[0].lt(b.image[0]).logical_and(ground).sum().item<int64_t>();
    if (a.name == 2) {
      EXPECT_EQ(changed, 0) << "what flies casts none, seed " << seed;
    } else {
      ++standing;
      darker += changed > 20;
    }
  }
  EXPECT_EQ(darker, standing);
}

TEST_F(Composer, KeepsTheSharesOfItsOptions) {
  const CropComposer composer = this->composer();
  int empty = 0, on_road = 0;
  std::array<int, 3> names{};
  const int count = 600;
  for (uint64_t seed = 0; seed < count; ++seed) {
    const ComposedCrop crop = composer.compose(seed);
    if (crop.name < 0) {
      ++empty;
      continue;
    }
    ++names[static_cast<std::size_t>(crop.name)];
  }
  EXPECT_NEAR(empty / static_cast<double>(count), 0.08, 0.035);
  for (const int one : names) EXPECT_NEAR(one / static_cast<double>(count), 0.307, 0.06);
  const CropComposer scenes = this->composer({.empty_share = 1.0});
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ComposedCrop crop = scenes.compose(seed);
    on_road +=
        crop.image[0].masked_select(crop.hole).lt(150).to(at::kDouble).mean().item<double>() >=
        0.48;
  }
  EXPECT_GT(on_road, 150);
}

TEST_F(Composer, StaysOffTheCarsOwnBonnet) {
  SceneFiles files = made::half_road_scene(folder_, "bonnet", 240, 320);
  at::Tensor image = at::full({3, 240, 320}, 100, at::kByte);
  image.slice(1, 192).fill_(255);
  save_png(files.image, image);
  files.bonnet_share = 0.2;
  const SceneSource scenes({files});
  const CropComposer composer(scenes, cutouts_, {.max_window_px = 160.0, .empty_share = 1.0});
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const ComposedCrop crop = composer.compose(seed);
    const double white =
        crop.image[0].masked_select(crop.hole).gt(200).to(at::kDouble).mean().item<double>();
    EXPECT_LT(white, 0.03) << seed;
  }
}

TEST_F(Composer, TakesOtherCropSizes) {
  const ComposedCrop crop = composer({.crop_size = 96}).compose(3);
  EXPECT_EQ(crop.image.sizes(), at::IntArrayRef({3, 96, 96}));
  EXPECT_EQ(crop.hole.sizes(), at::IntArrayRef({96, 96}));
}

TEST_F(Composer, RefusesOptionsOutOfBounds) {
  const auto message = [&](const CompositionOptions& options) -> std::string {
    try {
      composer(options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({.crop_size = 8}), "crop_size = 8 must be in [32, 2048]");
  EXPECT_THAT(message({.max_hole = 1.0}), testing::StartsWith("max_hole"));
  EXPECT_THAT(message({.empty_share = -0.1}), testing::StartsWith("empty_share"));
  EXPECT_THAT(message({.min_shadow = 0.7, .max_shadow = 0.6}), testing::StartsWith("max_shadow"));
  EXPECT_EQ(message({}), "no error");
}

}  // namespace
}  // namespace situ
