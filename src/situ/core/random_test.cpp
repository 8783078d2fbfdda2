// SPDX-License-Identifier: Apache-2.0
#include "situ/core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <stdexcept>

namespace situ {
namespace {

TEST(DeriveSeed, ChangesWithEachPartAndRepeatsForTheSameOnes) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t run : {1, 2}) {
    for (const char* sample : {"a", "b"}) {
      for (std::uint64_t object : {0, 1}) {
        for (std::uint64_t attempt : {0, 1})
          seeds.insert(derive_seed(run, sample, object, attempt));
      }
    }
  }
  EXPECT_EQ(seeds.size(), 16u);
  EXPECT_EQ(derive_seed(1, "a", 0, 0), derive_seed(1, "a", 0, 0));
  EXPECT_LT(*seeds.rbegin(), std::uint64_t{1} << 63);
}

TEST(Random, IntegersCoverTheHalfOpenRangeEvenly) {
  Random random(5);
  std::array<int, 7> counts{};
  for (int i = 0; i < 7000; ++i) ++counts.at(static_cast<std::size_t>(random.integer(-2, 5) + 2));
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  EXPECT_THROW(random.integer(3, 3), std::invalid_argument);
}

TEST(Random, RealsStayInTheHalfOpenRange) {
  Random random(6);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double draw = random.real(2, 4);
    ASSERT_GE(draw, 2);
    ASSERT_LT(draw, 4);
    sum += draw;
  }
  EXPECT_NEAR(sum / 10000, 3, 0.05);
}

// Values printed by numpy 1.24: numpy.random.seed(s); numpy.random.randint(200, 500), …
TEST(NumpyLegacyRandom, DrawsTheNumbersOfNumpy) {
  EXPECT_EQ(NumpyLegacyRandom(1).randint(200, 500), 237);
  EXPECT_EQ(NumpyLegacyRandom(2).randint(200, 500), 368);
  EXPECT_EQ(NumpyLegacyRandom(3).randint(550, 700), 656);
  EXPECT_EQ(NumpyLegacyRandom(1).randint(5, 6), 5);
  EXPECT_THROW(NumpyLegacyRandom(1).randint(6, 6), std::invalid_argument);
}

TEST(NumpyLegacyRandom, ShufflesAsNumpyDoes) {
  // numpy.random.seed(1); numpy.random.permutation(10)
  EXPECT_EQ(NumpyLegacyRandom(1).permutation(10),
            (std::vector<std::int32_t>{2, 9, 6, 4, 0, 3, 1, 7, 8, 5}));
}

}  // namespace
}  // namespace situ
