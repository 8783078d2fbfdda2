// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/resize.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace situ {
namespace {

/// The CRC-32 of zip and PNG over the bytes in the order of Pillow: row, column, channel.
uint32_t crc32_interleaved(const at::Tensor& image) {
  const at::Tensor bytes = (image.dim() == 3 ? image.permute({1, 2, 0}) : image).contiguous();
  const uint8_t* data = bytes.const_data_ptr<uint8_t>();
  uint32_t crc = 0xFFFFFFFFu;
  for (int64_t i = 0; i < bytes.numel(); ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

/// The noise of tools/make_pillow_resize_fixture.py.
at::Tensor noise(int64_t height, int64_t width, int64_t channels) {
  at::Tensor image = at::empty({height, width, channels}, at::kByte);
  uint8_t* data = image.mutable_data_ptr<uint8_t>();
  uint32_t state = 1;
  for (int64_t i = 0; i < image.numel(); ++i) {
    state = 1664525u * state + 1013904223u;
    data[i] = static_cast<uint8_t>(state >> 24);
  }
  image = image.permute({2, 0, 1}).contiguous();
  return channels == 1 ? image[0] : image;
}

/// (7x + 13y + 29c) mod 256
at::Tensor ramp(int64_t size) {
  const at::Tensor x = at::arange(size, at::kLong).view({1, 1, size});
  const at::Tensor y = at::arange(size, at::kLong).view({1, size, 1});
  const at::Tensor c = at::arange(3, at::kLong).view({3, 1, 1});
  return (x * 7 + y * 13 + c * 29).remainder(256).to(at::kByte);
}

Interpolation interpolation_of(const std::string& name) {
  static const std::map<std::string, Interpolation> kNames = {
      {"nearest", Interpolation::kNearest},
      {"bilinear", Interpolation::kBilinear},
      {"bicubic", Interpolation::kBicubic},
      {"lanczos", Interpolation::kLanczos}};
  return kNames.at(name);
}

TEST(Resize, GivesThePublishedSumsOfTheRamp) {
  const std::array<int64_t, 4> sizes = {512, 300, 800, 1024};
  const std::array<std::pair<Interpolation, std::array<uint32_t, 4>>, 3> golden = {{
      {Interpolation::kLanczos, {0x08dbea32, 0x0d3a92da, 0x0fceb02f, 0xdb431b69}},
      {Interpolation::kBicubic, {0xd04ebf09, 0x3563e753, 0x6e40827b, 0xbd0a51f0}},
      {Interpolation::kBilinear, {0xfd8747a2, 0x0fa5a4a2, 0x3e20e122, 0x9f0c00c9}},
  }};
  const at::Tensor image = ramp(420);
  for (const auto& [interpolation, sums] : golden) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_EQ(crc32_interleaved(resize(image, sizes[i], sizes[i], interpolation)), sums[i])
          << static_cast<int>(interpolation) << " to " << sizes[i];
    }
  }
}

TEST(Resize, EqualsPillowOnOddSizes) {
  std::ifstream file(SITU_SOURCE_DIR "/tests/parity/pillow_resize.json");
  const nlohmann::json fixture = nlohmann::json::parse(file);
  ASSERT_GT(fixture.at("cases").size(), 100u);
  for (const nlohmann::json& one : fixture.at("cases")) {
    const at::Tensor image = noise(one["from"][0], one["from"][1], one["channels"]);
    const at::Tensor result =
        resize(image, one["to"][0], one["to"][1], interpolation_of(one["filter"]));
    EXPECT_EQ(crc32_interleaved(result), one["crc32"].get<uint32_t>()) << one;
  }
}

TEST(Resize, GrowsARectangleThroughTheModelSizeAsPillowDoes) {
  at::Tensor mask = at::zeros({420, 420}, at::kByte);
  mask.slice(0, 35, 385).slice(1, 40, 380).fill_(255);
  const at::Tensor at_model_size = resize(mask, 512, 512, Interpolation::kBicubic) > 0;
  at::Tensor expected = at::zeros({512, 512}, at::kBool);
  expected.slice(0, 42, 470).slice(1, 48, 464).fill_(true);
  EXPECT_TRUE(at_model_size.equal(expected));
}

TEST(Resize, LeavesAnEqualSizeAloneAndSharesNothing) {
  const at::Tensor image = noise(5, 7, 3);
  at::Tensor copy = resize(image, 5, 7, Interpolation::kLanczos);
  EXPECT_TRUE(copy.equal(image));
  copy.zero_();
  EXPECT_FALSE(copy.equal(image));
}

TEST(Resize, KeepsConstantImagesConstant) {
  const at::Tensor image = at::full({3, 31, 17}, 201, at::kByte);
  for (const auto interpolation : {Interpolation::kNearest, Interpolation::kBilinear,
                                   Interpolation::kBicubic, Interpolation::kLanczos}) {
    EXPECT_TRUE(resize(image, 12, 45, interpolation).eq(201).all().item<bool>());
  }
}

TEST(Resize, DoublesANearestImageByRepetition) {
  const at::Tensor image = at::arange(4, at::kByte).view({2, 2});
  const at::Tensor expected = image.repeat_interleave(2, 0).repeat_interleave(2, 1);
  EXPECT_TRUE(resize(image, 4, 4, Interpolation::kNearest).equal(expected));
}

TEST(Resize, ReadsStridedImages) {
  const at::Tensor image = noise(20, 30, 3);
  const at::Tensor turned = image.transpose(1, 2);
  EXPECT_TRUE(resize(turned, 11, 13, Interpolation::kBicubic)
                  .equal(resize(turned.contiguous(), 11, 13, Interpolation::kBicubic)));
}

TEST(Resize, TakesAnyNumberOfPlanes) {
  const at::Tensor image = noise(20, 30, 3);
  const at::Tensor doubled = at::cat({image, image}, 0);
  const at::Tensor result = resize(doubled, 9, 50, Interpolation::kLanczos);
  ASSERT_EQ(result.sizes(), (at::IntArrayRef{6, 9, 50}));
  EXPECT_TRUE(result.slice(0, 3).equal(resize(image, 9, 50, Interpolation::kLanczos)));
}

TEST(Resize, RefusesOtherTensorsAndSizes) {
  const at::Tensor image = noise(4, 4, 3);
  EXPECT_THROW(resize(image.to(at::kFloat), 2, 2, Interpolation::kNearest), std::invalid_argument);
  EXPECT_THROW(resize(image.unsqueeze(0), 2, 2, Interpolation::kNearest), std::invalid_argument);
  EXPECT_THROW(resize(at::Tensor(), 2, 2, Interpolation::kNearest), std::invalid_argument);
  EXPECT_THROW(resize(image, 0, 2, Interpolation::kNearest), std::invalid_argument);
  EXPECT_THROW(resize(image, 2, -1, Interpolation::kBilinear), std::invalid_argument);
  EXPECT_THROW(resize(image, 2, int64_t{1} << 40, Interpolation::kBilinear), std::invalid_argument);
  EXPECT_THROW(resize(image, 2, 2, static_cast<Interpolation>(9)), std::invalid_argument);
}

}  // namespace
}  // namespace situ
