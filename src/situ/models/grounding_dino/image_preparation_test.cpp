// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/image_preparation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

constexpr auto kOriginal = DinoProcessing::kOriginal;
constexpr auto kTransformers = DinoProcessing::kTransformers;

TEST(DetectorSize, IsWhatTheOriginalComputes) {
  EXPECT_EQ(detector_size({1024, 2048}, kOriginal), (DinoImageSize{666, 1332}));
  EXPECT_EQ(detector_size({1080, 1920}, kOriginal), (DinoImageSize{750, 1333}));
  EXPECT_EQ(detector_size({512, 512}, kOriginal), (DinoImageSize{800, 800}));
  EXPECT_EQ(detector_size({640, 480}, kOriginal), (DinoImageSize{1066, 800}));
  EXPECT_EQ(detector_size({800, 1000}, kOriginal), (DinoImageSize{800, 1000}));
}

TEST(DetectorSize, OfTransformersDiffersWhereTheLongerSideDecides) {
  // 1333 / 2 is rounded before it is doubled by the one, and not by the other.
  EXPECT_EQ(detector_size({1024, 2048}, kTransformers), (DinoImageSize{666, 1333}));
  EXPECT_EQ(detector_size({640, 480}, kTransformers), (DinoImageSize{1066, 800}));
}

TEST(DetectorSize, RefusesWhatHasNoSize) {
  EXPECT_THROW(detector_size({0, 5}, kOriginal), std::invalid_argument);
  EXPECT_THROW(detector_size({1, 100000}, kOriginal), std::invalid_argument);
  EXPECT_THROW(detector_size({5, 5}, kOriginal, {.shortest_edge = 0}), std::invalid_argument);
}

TEST(DetectorPixels, AreNormalisedChannelByChannel) {
  const at::Tensor image = at::full({3, 4, 4}, 255, at::kByte);
  const at::Tensor pixels = detector_pixels(image, kOriginal, {.shortest_edge = 4});
  ASSERT_EQ(pixels.sizes(), at::IntArrayRef({3, 4, 4}));
  EXPECT_FLOAT_EQ(pixels[0][0][0].item<float>(), (1 - 0.485F) / 0.229F);
  EXPECT_FLOAT_EQ(pixels[2][3][3].item<float>(), (1 - 0.406F) / 0.225F);
  EXPECT_THROW(detector_pixels(at::zeros({3, 4, 4}), kOriginal), std::invalid_argument);
}

}  // namespace
}  // namespace situ
