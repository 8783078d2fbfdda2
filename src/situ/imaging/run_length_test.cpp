// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/run_length.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <stdexcept>
#include <utility>

#include "situ/core/errors.h"

namespace situ {
namespace {

TEST(RunLength, RunsDownTheColumnsStartingWithFalse) {
  // 0 1 1
  // 0 0 1
  const at::Tensor mask = at::tensor({0, 1, 1, 0, 0, 1}).view({2, 3}).to(at::kBool);
  const RunLength runs = run_length_encode(mask);
  EXPECT_EQ(runs, (RunLength{2, 3, {2, 1, 1, 2}}));
  EXPECT_EQ(run_length_area(runs), 3);
  EXPECT_TRUE(run_length_decode(runs).equal(mask));
}

TEST(RunLength, BeginsWithAnEmptyRunWhenTheFirstPixelIsTrue) {
  EXPECT_EQ(run_length_encode(at::ones({2, 2}, at::kBool)), (RunLength{2, 2, {0, 4}}));
  EXPECT_EQ(run_length_encode(at::zeros({2, 2}, at::kBool)), (RunLength{2, 2, {4}}));
}

TEST(RunLength, WritesGroupsOfFiveBits) {
  // 6 -> '6'. 1 -> '1'. 40 = 1*32 + 8 -> 8+32 -> 'X', 1 -> '1'. 5 - 1 = 4 -> '4'.
  // 3 - 40 = -37 = -2*32 + 27 -> 27+32 -> 'k', -2 & 31 = 30 -> 'N'.
  // 16 has the sign bit set, so it takes two groups: 16+32 -> '`', 0 -> '0'.
  EXPECT_EQ(run_length_to_text({5, 11, {6, 1, 40, 5, 3}}), "61X14kN");
  EXPECT_EQ(run_length_to_text({4, 4, {16}}), "`0");
  EXPECT_EQ(run_length_from_text("61X14kN", 5, 11), (RunLength{5, 11, {6, 1, 40, 5, 3}}));
}

TEST(RunLength, ComesBackFromTextAndCounts) {
  at::manual_seed(2);
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 90}, {90, 1}, {37, 53}, {200, 300}}) {
    for (const double density : {0.0, 0.01, 0.5, 0.999, 1.1}) {
      const at::Tensor mask = at::rand({height, width}) < density;
      const RunLength runs = run_length_encode(mask);
      EXPECT_TRUE(run_length_decode(runs).equal(mask));
      EXPECT_EQ(run_length_from_text(run_length_to_text(runs), height, width), runs);
      EXPECT_EQ(run_length_area(runs), mask.sum().item<int64_t>());
    }
  }
}

TEST(RunLength, ReadsStridedMasks) {
  const at::Tensor mask = (at::rand({9, 14}) < 0.5).t();
  EXPECT_EQ(run_length_encode(mask), run_length_encode(mask.contiguous()));
}

TEST(RunLengthDecode, RefusesCountsThatDoNotAddUp) {
  EXPECT_THROW(run_length_decode({2, 2, {1, 2}}), DataError);
  EXPECT_THROW(run_length_decode({2, 2, {1, 4}}), DataError);
  EXPECT_THROW(run_length_decode({2, 2, {}}), DataError);
  EXPECT_THROW(run_length_decode({2, 2, {4294967295u, 4294967295u, 6u}}), DataError);
}

TEST(RunLengthDecode, RefusesImpossibleSizesBeforeItAllocates) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_THROW(run_length_decode({kHuge, kHuge, {4}}), DataError);
  EXPECT_THROW(run_length_decode({-2, -2, {4}}), DataError);
  EXPECT_THROW(run_length_decode({0, 0, {}}), DataError);
  EXPECT_THROW(run_length_from_text("4", kHuge, 2), DataError);
  EXPECT_THROW(run_length_from_text("4", 0, 2), DataError);
}

TEST(RunLengthFromText, RefusesTextThatIsCutOffOrForeign) {
  EXPECT_THROW(run_length_from_text("", 2, 2), DataError);
  EXPECT_THROW(run_length_from_text("61X", 5, 11), DataError);
  EXPECT_THROW(run_length_from_text("61X14k", 5, 11), DataError);
  EXPECT_THROW(run_length_from_text("4 ", 2, 2), DataError);
  EXPECT_THROW(run_length_from_text("4\xff", 2, 2), DataError);
  EXPECT_THROW(run_length_from_text("4z", 2, 2), DataError);
  EXPECT_THROW(run_length_from_text("oooooooooooooooooooo0", 2, 2), DataError);
  EXPECT_THROW(run_length_from_text("N6", 2, 2), DataError);  // -2
}

TEST(RunLengthFromText, SurvivesRandomText) {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    std::string text(random() % 12, '0');
    for (char& character : text) character = static_cast<char>('0' + random() % 66);
    try {
      const RunLength runs = run_length_from_text(text, 3, 5);
      EXPECT_EQ(run_length_decode(runs).numel(), 15);
    } catch (const DataError&) {
    }
  }
}

TEST(RunLengthEncode, RefusesWhatIsNoMask) {
  EXPECT_THROW(run_length_encode(at::zeros({2, 2})), std::invalid_argument);
}

}  // namespace
}  // namespace situ
