// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/blending.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "situ/core/random.h"
#include "situ/tasks/fakes.h"

namespace situ {
namespace {

at::Tensor mask_of(int64_t height, int64_t width, const Box& box) {
  at::Tensor mask = at::zeros({height, width}, at::kBool);
  mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1).fill_(true);
  return mask;
}

double value(const at::Tensor& alpha, int64_t y, int64_t x) { return alpha[y][x].item<double>(); }

TEST(BlurPx, IsAFifthOfTheLongerSideUpToFifty) {
  EXPECT_EQ(blur_px({}, {0, 0, 100, 204}), 40);
  EXPECT_EQ(blur_px({}, {0, 0, 300, 204}), 50);
  EXPECT_EQ(blur_px({.blur = 3}, {0, 0, 300, 204}), 3);
}

TEST(BlendingAlpha, IsTheMaskWithoutBlur) {
  const at::Tensor mask = mask_of(40, 50, {15, 12, 25, 22});
  const at::Tensor alpha =
      blending_alpha(mask, {.region = {12, 10, 30, 25}, .crop = {5, 5, 35, 35}}, {.blur = 0});
  EXPECT_TRUE(alpha.equal(mask.to(at::kDouble)));
}

TEST(BlendingAlpha, IsOneOnTheObjectAndContinuousAtAStraightEdge) {
  const at::Tensor mask = mask_of(200, 200, {60, 60, 140, 140});
  const at::Tensor alpha =
      blending_alpha(mask, {.region = {50, 50, 150, 150}, .crop = {20, 20, 180, 180}}, {.blur = 8});
  EXPECT_TRUE(alpha.masked_select(mask).eq(1).all().item<bool>());
  // Half a pixel off the edge: twice the normal distribution's tail.
  EXPECT_NEAR(value(alpha, 100, 140), 2 * 0.4751, 0.01);
  EXPECT_NEAR(value(alpha, 100, 147), 2 * 0.1741, 0.01);
  for (int64_t x = 140; x < 180; ++x) {
    EXPECT_LE(value(alpha, 100, x), value(alpha, 100, x - 1));
    EXPECT_LT(value(alpha, 100, x - 1) - value(alpha, 100, x), 0.11);
  }
  EXPECT_EQ(value(alpha, 100, 164), 0);  // three standard deviations away
}

TEST(BlendingAlpha, FallsToZeroAtTheCropButNotAtTheImage) {
  const at::Tensor mask = mask_of(100, 100, {0, 10, 40, 50});
  const at::Tensor alpha =
      blending_alpha(mask, {.region = {0, 5, 45, 50}, .crop = {0, 0, 54, 54}}, {.blur = 20});
  EXPECT_LT(value(alpha, 30, 53), 0.04);
  EXPECT_EQ(value(alpha, 30, 54), 0);
  EXPECT_EQ(value(alpha, 54, 30), 0);
  EXPECT_GT(value(alpha, 0, 20), 0.5);  // the crop ends with the image there
}

TEST(BlendingAlpha, TakesTheWholeCropWhenAsked) {
  const at::Tensor mask = mask_of(100, 100, {40, 40, 60, 60});
  const PaintedPlace place{.region = {35, 35, 65, 65}, .crop = {20, 20, 80, 80}};
  const at::Tensor hard = blending_alpha(mask, place, {.blur = 0, .stitch = Stitch::kCrop});
  EXPECT_TRUE(hard.equal(mask_of(100, 100, place.crop).to(at::kDouble)));
  const at::Tensor soft = blending_alpha(mask, place, {.blur = 5, .stitch = Stitch::kCrop});
  EXPECT_EQ(value(soft, 50, 30), 1);
  EXPECT_DOUBLE_EQ(value(soft, 50, 20), 0.05);
  EXPECT_EQ(value(soft, 50, 19), 0);
  const at::Tensor wide = blending_alpha(mask, place, {.blur = 50, .stitch = Stitch::kCrop});
  EXPECT_EQ(value(wide, 50, 35), 1);
}

TEST(BlendingAlpha, IsZeroForAnEmptyMask) {
  const PaintedPlace place{.region = {35, 35, 65, 65}, .crop = {20, 20, 80, 80}};
  EXPECT_TRUE(blending_alpha(at::zeros({100, 100}, at::kBool), place, {}).eq(0).all().item<bool>());
}

TEST(BlendingAlpha, RefusesPlacesThatAreNotInsideEachOther) {
  const at::Tensor mask = at::zeros({20, 20}, at::kBool);
  EXPECT_THROW(blending_alpha(mask, {.region = {0, 0, 5, 5}, .crop = {1, 1, 9, 9}}, {}),
               std::invalid_argument);
  EXPECT_THROW(blending_alpha(mask, {.region = {0, 0, 5, 5}, .crop = {0, 0, 21, 9}}, {}),
               std::invalid_argument);
  EXPECT_THROW(blending_alpha(mask, {.region = {0, 0, 5, 5}, .crop = {0, 0, 9, 9}}, {.blur = -1}),
               std::invalid_argument);
}

TEST(Blend, LeavesThePixelsWithoutAlphaAndEqualPixelsAsTheyAre) {
  Random random(1);
  for (uint64_t i = 0; i < 40; ++i) {
    const int64_t height = random.integer(20, 60);
    const int64_t width = random.integer(20, 60);
    const Box crop{random.integer(0, 5), random.integer(0, 5), random.integer(15, width + 1),
                   random.integer(15, height + 1)};
    const Box region{crop.x0 + 2, crop.y0 + 2, crop.x1 - 2, crop.y1 - 2};
    const at::Tensor mask =
        mask_of(height, width, {region.x0 + 1, region.y0 + 1, region.x1 - 1, region.y1 - 1});
    const at::Tensor scene = fakes::noisy_scene(height, width, i);
    const at::Tensor painted = fakes::noisy_scene(crop.height(), crop.width(), i + 1000);
    const at::Tensor alpha =
        blending_alpha(mask, {.region = region, .crop = crop}, {.blur = random.integer(0, 6)});
    ASSERT_TRUE(((alpha >= 0) & (alpha <= 1)).all().item<bool>());
    const at::Tensor image = blend(scene, painted, crop, alpha);
    const at::Tensor untouched = alpha.eq(0);
    ASSERT_TRUE(image.masked_select(untouched).equal(scene.masked_select(untouched)));
    const at::Tensor source = scene.clone();
    source.slice(1, crop.y0, crop.y1).slice(2, crop.x0, crop.x1).copy_(painted);
    ASSERT_TRUE(image.masked_select(mask).equal(source.masked_select(mask)));
    // Each pixel is the rounded mean, and so lies between its two sources.
    const at::Tensor exact = source.to(at::kDouble) * alpha + scene.to(at::kDouble) * (1 - alpha);
    ASSERT_LE((image.to(at::kDouble) - exact).abs().max().item<double>(), 0.5 + 1e-9);
    ASSERT_TRUE(
        blend(scene, scene.slice(1, crop.y0, crop.y1).slice(2, crop.x0, crop.x1), crop, alpha)
            .equal(scene));
  }
}

TEST(Blend, RoundsHalfUp) {
  const at::Tensor scene = fakes::plain_scene(1, 2, {0, 10, 255});
  const at::Tensor painted = fakes::plain_scene(1, 2, {1, 20, 0});
  const at::Tensor image = blend(scene, painted, {0, 0, 2, 1}, at::full({1, 2}, 0.5, at::kDouble));
  EXPECT_EQ(image[0][0][0].item<int>(), 1);
  EXPECT_EQ(image[1][0][0].item<int>(), 15);
  EXPECT_EQ(image[2][0][0].item<int>(), 128);
}

TEST(Blend, RefusesWrongSizesAndAlphas) {
  const at::Tensor scene = fakes::plain_scene(10, 10, {0, 10, 255});
  const at::Tensor painted = fakes::plain_scene(4, 4, {1, 20, 0});
  const at::Tensor alpha = at::zeros({10, 10}, at::kDouble);
  const Box crop{0, 0, 4, 4};
  EXPECT_THROW(blend(scene, painted, {0, 0, 5, 4}, alpha), std::invalid_argument);
  EXPECT_THROW(blend(scene, painted, {8, 0, 12, 4}, alpha), std::invalid_argument);
  EXPECT_THROW(blend(scene, painted, crop, alpha.to(at::kFloat)), std::invalid_argument);
  EXPECT_THROW(blend(scene, painted, crop, at::zeros({10, 9}, at::kDouble)), std::invalid_argument);
  EXPECT_THROW(blend(scene, painted, crop, at::full({10, 10}, 1.5, at::kDouble)),
               std::invalid_argument);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(blend(scene, painted, crop, at::full({10, 10}, nan, at::kDouble)),
               std::invalid_argument);
}

// From running the original code on a scene and a crop of gradients and a disc.
struct Golden {
  int64_t sigma;
  uint32_t crc;
  int64_t sum;
  int64_t changed_px;
  std::array<int, 3> at_275;
  std::array<int, 3> at_272;
};

constexpr Golden kGolden[] = {
    {1, 0xa821253f, 45864060, 8253, {165, 194, 223}, {144, 173, 202}},
    {2, 0x924f13c4, 45875258, 8657, {165, 194, 223}, {139, 168, 196}},
    {40, 0xbeec6b32, 45856904, 28912, {121, 146, 171}, {100, 124, 148}},
    {50, 0xd7556464, 45843382, 36288, {123, 148, 173}, {102, 127, 151}},
};

struct GoldenScene {
  at::Tensor scene = at::empty({3, 300, 400}, at::kByte);
  at::Tensor painted = at::empty({3, 200, 200}, at::kByte);
  at::Tensor disc = at::zeros({300, 400}, at::kBool);
  Box crop{120, 60, 320, 260};

  GoldenScene() {
    for (int64_t y = 0; y < 300; ++y) {
      for (int64_t x = 0; x < 400; ++x) {
        disc.data_ptr<bool>()[y * 400 + x] = (y - 160) * (y - 160) + (x - 220) * (x - 220) <= 2500;
        for (int64_t c = 0; c < 3; ++c) {
          scene.data_ptr<uint8_t>()[(c * 300 + y) * 400 + x] =
              static_cast<uint8_t>((7 * x + 13 * y + 29 * c) % 256);
          if (y >= 200 || x >= 200) continue;
          painted.data_ptr<uint8_t>()[(c * 200 + y) * 200 + x] =
              static_cast<uint8_t>((3 * x + 5 * y + 17 * c + 101) % 256);
        }
      }
    }
  }

  at::Tensor stitched(int64_t sigma) const {
    const at::Tensor alpha = blending_alpha_compat_poc(
        disc, {.region = {160, 100, 280, 220}, .crop = crop}, {.blur = sigma});
    return blend_compat_poc(scene, painted, crop, alpha);
  }
};

uint32_t crc32(const at::Tensor& bytes) {
  const at::Tensor flat = bytes.contiguous();
  uint32_t crc = ~uint32_t{0};
  for (int64_t i = 0; i < flat.numel(); ++i) {
    crc ^= flat.const_data_ptr<uint8_t>()[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

TEST(BlendCompatPoc, EqualsTheOriginalCode) {
  const GoldenScene golden_scene;
  EXPECT_EQ(golden_scene.disc.sum().item<int64_t>(), 7845);
  for (const Golden& golden : kGolden) {
    const at::Tensor image = golden_scene.stitched(golden.sigma);
    EXPECT_EQ(image.sum().item<int64_t>(), golden.sum) << golden.sigma;
    EXPECT_EQ(image.ne(golden_scene.scene).any(0).sum().item<int64_t>(), golden.changed_px);
    for (size_t c = 0; c < 3; ++c) {
      const auto channel = static_cast<int64_t>(c);
      EXPECT_EQ(image[channel][160][275].item<int>(), golden.at_275[c]) << golden.sigma;
      EXPECT_EQ(image[channel][160][272].item<int>(), golden.at_272[c]) << golden.sigma;
    }
    EXPECT_EQ(crc32(image.permute({1, 2, 0})), golden.crc) << golden.sigma;
  }
}

TEST(BlendingAlphaCompatPoc, CutsTheKernelAtOneStandardDeviation) {
  const at::Tensor mask = mask_of(9, 9, {4, 4, 5, 5});
  const PaintedPlace place{.region = {2, 2, 7, 7}, .crop = {1, 1, 8, 8}};
  const at::Tensor alpha = blending_alpha_compat_poc(mask, place, {.blur = 1});
  EXPECT_EQ(value(alpha, 4, 4), 1);
  EXPECT_NEAR(value(alpha, 4, 5), 0.27406862 * 0.45186276, 1e-8);
  EXPECT_NEAR(value(alpha, 5, 5), 0.27406862 * 0.27406862, 1e-8);
  EXPECT_EQ(value(alpha, 4, 6), 0);
}

TEST(BlendingAlphaCompatPoc, TakesTheRegionForTheCrop) {
  const at::Tensor mask = mask_of(60, 60, {28, 28, 32, 32});
  const PaintedPlace place{.region = {20, 20, 40, 40}, .crop = {10, 10, 50, 50}};
  const at::Tensor alpha =
      blending_alpha_compat_poc(mask, place, {.blur = 0, .stitch = Stitch::kCrop});
  EXPECT_TRUE(alpha.equal(mask_of(60, 60, place.region).to(at::kDouble)));
}

}  // namespace
}  // namespace situ
