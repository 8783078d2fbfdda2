// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/brush_run_length.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

using ::testing::ElementsAre;

TEST(BrushRunLength, IsWhatTheLabelToolWrites) {
  // label_studio_sdk.converter.brush.mask2rle of the same mask: 1 true pixel, then 5 false ones.
  const at::Tensor mask = at::tensor({1, 0, 0, 0, 0, 0}, at::kInt).to(at::kBool).view({2, 3});
  // 24 values in 32 bits; 7 in 5 bits; 2, 3, 7 and 15 in 4 bits each;
  // 1 00 011 11111111 (4 times 255); 1 10 00010011 00000000 (20 times 0); and 5 bits to fill.
  EXPECT_THAT(brush_run_length(mask), ElementsAre(0, 0, 0, 24, 0b00111001, 0b00011011, 0b11111100,
                                                  0b01111111, 0b11111000, 0b01001100, 0b00000000));
}

/// Reads the code bit by bit, independently of how it is written.
std::vector<uint8_t> decoded(const std::vector<uint8_t>& bytes) {
  std::size_t at = 0;
  const auto read = [&](int bits) {
    uint64_t value = 0;
    for (int i = 0; i < bits; ++i, ++at)
      value = value * 2 + ((bytes.at(at / 8) >> (7 - at % 8)) & 1);
    return value;
  };
  std::vector<uint8_t> values;
  const uint64_t count = read(32);
  const int word_bits = static_cast<int>(read(5)) + 1;
  int sizes[4];
  for (int& size : sizes) size = static_cast<int>(read(4)) + 1;
  while (values.size() < count) {
    EXPECT_EQ(read(1), 1u);
    const uint64_t length = 1 + read(sizes[read(2)]);
    values.insert(values.end(), length, static_cast<uint8_t>(read(word_bits)));
  }
  return values;
}

TEST(BrushRunLength, KeepsMasksWithRunsOfEveryLength) {
  at::manual_seed(3);
  at::Tensor mask = at::rand({300, 400}) < 0.4;
  mask.slice(0, 100, 290).fill_(true);  // 76000 pixels in a row
  mask.slice(0, 0, 1).fill_(false);
  const std::vector<uint8_t> values = decoded(brush_run_length(mask));
  ASSERT_EQ(values.size(), 4u * 300 * 400);
  const at::Tensor back =
      at::tensor(std::vector<int>(values.begin(), values.end())).view({300, 400, 4});
  EXPECT_TRUE(at::equal(back.select(2, 3) == 255, mask));
  EXPECT_TRUE(at::equal(back.select(2, 0), back.select(2, 3)));
}

TEST(BrushRunLength, RefusesAnythingButAMask) {
  EXPECT_THROW(brush_run_length(at::zeros({2, 2})), std::invalid_argument);
}

}  // namespace
}  // namespace situ
