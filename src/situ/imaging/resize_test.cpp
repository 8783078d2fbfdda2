// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/resize.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace situ {
namespace {

uint32_t crc32_of(const at::Tensor& image) {
  const at::Tensor bytes =
      image.permute({1, 2, 0}).contiguous();  // the order of Pillow's tobytes()
  uint32_t crc = ~0U;
  for (int64_t i = 0; i < bytes.numel(); ++i) {
    crc ^= bytes.const_data_ptr<uint8_t>()[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

// value = (7 x + 13 y + 29 c) mod 256
at::Tensor pattern(int64_t height, int64_t width) {
  const at::Tensor y = at::arange(height, at::kLong).view({1, height, 1});
  const at::Tensor x = at::arange(width, at::kLong).view({1, 1, width});
  const at::Tensor c = at::arange(3, at::kLong).view({3, 1, 1});
  return (7 * x + 13 * y + 29 * c).remainder(256).to(at::kByte);
}

struct Golden {
  Interpolation interpolation;
  int64_t size;
  uint32_t crc32;
};

class ResizeGolden : public testing::TestWithParam<Golden> {};

// Check sums of Pillow 9.4's results for the 420 x 420 pattern.
TEST_P(ResizeGolden, EqualsPillowToTheBit) {
  const Golden golden = GetParam();
  EXPECT_EQ(crc32_of(resize(pattern(420, 420), golden.size, golden.size, golden.interpolation)),
            golden.crc32);
}

INSTANTIATE_TEST_SUITE_P(Filters, ResizeGolden,
                         testing::Values(Golden{Interpolation::kLanczos, 512, 0x08dbea32},
                                         Golden{Interpolation::kLanczos, 300, 0x0d3a92da},
                                         Golden{Interpolation::kLanczos, 800, 0x0fceb02f},
                                         Golden{Interpolation::kLanczos, 1024, 0xdb431b69},
                                         Golden{Interpolation::kBicubic, 512, 0xd04ebf09},
                                         Golden{Interpolation::kBicubic, 300, 0x3563e753},
                                         Golden{Interpolation::kBicubic, 800, 0x6e40827b},
                                         Golden{Interpolation::kBicubic, 1024, 0xbd0a51f0},
                                         Golden{Interpolation::kBilinear, 512, 0xfd8747a2},
                                         Golden{Interpolation::kBilinear, 300, 0x0fa5a4a2},
                                         Golden{Interpolation::kBilinear, 800, 0x3e20e122},
                                         Golden{Interpolation::kBilinear, 1024, 0x9f0c00c9}));

TEST(Resize, NearestTakesThePixelUnderEachCentre) {
  const at::Tensor row = at::tensor({10, 20, 30, 40, 50}, at::kByte).view({1, 5});
  EXPECT_TRUE(at::equal(resize(row, 1, 2, Interpolation::kNearest),
                        at::tensor({20, 40}, at::kByte).view({1, 2})));
  EXPECT_TRUE(at::equal(resize(row, 2, 10, Interpolation::kNearest),
                        row.repeat_interleave(2, 1).repeat({2, 1})));
}

TEST(Resize, KeepsAnImageOfTheSameSizeAndReturnsACopy) {
  const at::Tensor image = pattern(4, 6);
  at::Tensor same = resize(image, 4, 6, Interpolation::kLanczos);
  EXPECT_TRUE(at::equal(same, image));
  same.zero_();
  EXPECT_NE(image[0][1][1].item<int>(), 0);
}

TEST(Resize, HandlesASinglePixel) {
  const at::Tensor pixel = at::full({3, 1, 1}, 77, at::kByte);
  EXPECT_TRUE(
      at::equal(resize(pixel, 5, 3, Interpolation::kBicubic), at::full({3, 5, 3}, 77, at::kByte)));
}

TEST(Resize, RefusesWhatIsNoImageOrNoSize) {
  EXPECT_THROW(resize(at::zeros({3, 4, 4}), 2, 2, Interpolation::kNearest), std::invalid_argument);
  EXPECT_THROW(resize(at::zeros({4}, at::kByte), 2, 2, Interpolation::kNearest),
               std::invalid_argument);
  EXPECT_THROW(resize(at::zeros({3, 0, 4}, at::kByte), 2, 2, Interpolation::kBilinear),
               std::invalid_argument);
  EXPECT_THROW(resize(at::zeros({3, 4, 4}, at::kByte), 0, 2, Interpolation::kBilinear),
               std::invalid_argument);
}

}  // namespace
}  // namespace situ
