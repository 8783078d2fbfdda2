// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/region_selection.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "situ/pipeline/perspective_region.h"

namespace situ {
namespace {

at::Tensor everywhere(int64_t height, int64_t width) {
  return at::ones({height, width}, at::kBool);
}

at::Tensor with_box(at::Tensor mask, const Box& box) {
  mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1).fill_(true);
  return mask;
}

at::Tensor only(int64_t height, int64_t width, const Box& box) {
  return with_box(at::zeros({height, width}, at::kBool), box);
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

double overlap(const at::Tensor& valid, const Box& box) {
  return valid.slice(0, box.y0, box.y1)
      .slice(1, box.x0, box.x1)
      .to(at::kDouble)
      .mean()
      .item<double>();
}

TEST(SelectRegionInPerspective, ShrinksTowardsTheHorizonAndStandsBelowIt) {
  const at::Tensor everywhere = at::ones({200, 300}, at::kBool);
  const RegionOptions options{.min_side = 50, .max_side = 50, .horizon = 0.5};
  int upper = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const std::optional<Box> box = select_region(everywhere, {}, options, random);
    ASSERT_TRUE(box);
    // The last row has 50 px, row 100 none.
    const auto expected = std::lround(50 * (static_cast<double>(box->y1) - 100) / 100);
    EXPECT_EQ(box->height(), expected);
    EXPECT_EQ(box->width(), expected);
    EXPECT_GE(expected, 8);
    upper += box->y1 < 150 ? 1 : 0;
  }
  EXPECT_GT(upper, 20) << "all rows are reached";
}

TEST(SelectRegionInPerspective, AvoidsWhatIsForbiddenAndStaysInTheArea) {
  at::Tensor valid = at::zeros({200, 300}, at::kBool);
  valid.slice(0, 120).slice(1, 0, 150).fill_(true);
  at::Tensor forbidden = at::zeros({200, 300}, at::kBool);
  forbidden.slice(1, 40, 60).fill_(true);
  const RegionOptions options{
      .min_side = 40, .max_side = 60, .min_overlap = 0.9, .margin = 3, .horizon = 0.3};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const std::optional<Box> box = select_region(valid, forbidden, options, random);
    ASSERT_TRUE(box);
    const auto in = [&](const at::Tensor& mask) {
      return mask.slice(0, box->y0, box->y1).slice(1, box->x0, box->x1).sum().item<int64_t>();
    };
    EXPECT_EQ(in(forbidden), 0);
    EXPECT_GE(static_cast<double>(in(valid)), 0.9 * static_cast<double>(box->area()));
    EXPECT_GE(std::min({box->x0, box->y0, 300 - box->x1, 200 - box->y1}), 3);
  }
  Random random(1);
  EXPECT_FALSE(select_region(at::zeros({200, 300}, at::kBool), {}, options, random));
}

TEST(HorizonAbove, IsTheHighestRowThatAHundredthOfIsGround) {
  at::Tensor ground = at::zeros({10, 200}, at::kBool);
  EXPECT_FALSE(horizon_above(ground));
  ground[2][7] = true;  // a stray pixel
  ground[4].slice(0, 30, 32).fill_(true);
  ground.slice(0, 6).fill_(true);
  EXPECT_DOUBLE_EQ(horizon_above(ground).value(), 0.4);
  EXPECT_FALSE(horizon_above(only(10, 200, {0, 9, 200, 10}))) << "nothing would have a size";
  EXPECT_THROW(horizon_above(at::zeros({10, 200})), std::invalid_argument);
}

TEST(SelectRegion, LiesInTheImageWithTheSidesAndOverlapAskedFor) {
  Random scenes(11);
  for (int i = 0; i < 300; ++i) {
    const int64_t height = scenes.integer(30, 90);
    const int64_t width = scenes.integer(30, 90);
    const int64_t x0 = scenes.integer(0, width - 10);
    const int64_t y0 = scenes.integer(0, height - 10);
    const at::Tensor valid =
        only(height, width,
             {x0, y0, scenes.integer(x0 + 1, width + 1), scenes.integer(y0 + 1, height + 1)});
    const RegionOptions options{.min_side = 5,
                                .max_side = 20,
                                .min_overlap = scenes.real(0.1, 1),
                                .margin = scenes.integer(0, 5)};
    Random random(static_cast<uint64_t>(i));
    const std::optional<Box> box = select_region(valid, {}, options, random);
    if (!box) continue;
    ASSERT_GE(box->x0, options.margin);
    ASSERT_GE(box->y0, options.margin);
    ASSERT_LE(box->x1, width - options.margin);
    ASSERT_LE(box->y1, height - options.margin);
    for (const int64_t side : {box->width(), box->height()}) {
      ASSERT_GE(side, 5);
      ASSERT_LE(side, 20);
    }
    ASSERT_GE(static_cast<double>(box->width()), 0.8 * static_cast<double>(box->height()));
    ASSERT_LE(static_cast<double>(box->width()), 1.2 * static_cast<double>(box->height()));
    ASSERT_GE(overlap(valid, *box), options.min_overlap);
  }
}

TEST(SelectRegion, FindsTheOneAdmissiblePositionInTheLastRowAndColumn) {
  const at::Tensor valid = only(40, 50, {40, 30, 50, 40});
  Random random(1);
  const std::optional<Box> box =
      select_region(valid, {}, {.min_side = 10, .max_side = 10, .min_overlap = 1}, random);
  EXPECT_EQ(box, (Box{40, 30, 50, 40}));
}

TEST(SelectRegion, ChoosesAllPositionsEquallyOften) {
  // A 3 x 3 box in a 5 x 6 image: 12 positions.
  std::map<std::pair<int64_t, int64_t>, int> counts;
  Random random(5);
  constexpr int kDraws = 12000;
  for (int i = 0; i < kDraws; ++i) {
    const auto box = select_region(everywhere(5, 6), {}, {.min_side = 3, .max_side = 3}, random);
    ++counts[{box->y0, box->x0}];
  }
  EXPECT_EQ(counts.size(), 12u);
  double chi_square = 0;
  for (const auto& [position, count] : counts)
    chi_square += (count - 1000.0) * (count - 1000.0) / 1000;
  EXPECT_LT(chi_square, 31.3);  // 99.9 % of the distribution with 11 degrees of freedom
}

TEST(SelectRegion, IsTheSameForTheSameSeed) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random first(seed);
    Random second(seed);
    EXPECT_EQ(select_region(everywhere(80, 120), {}, {}, first),
              select_region(everywhere(80, 120), {}, {}, second));
  }
}

TEST(SelectRegion, TouchesNoForbiddenPixel) {
  const at::Tensor forbidden = only(60, 60, {20, 20, 40, 40});
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    const auto box =
        select_region(everywhere(60, 60), forbidden, {.min_side = 8, .max_side = 20}, random);
    ASSERT_TRUE(box);
    ASSERT_EQ(intersection(*box, {20, 20, 40, 40}).area(), 0);
  }
}

// With one position left, the moving search for forbidden pixels must find exactly that one.
TEST(SelectRegion, FindsTheOneGapBetweenForbiddenPixels) {
  Random gaps(6);
  for (int i = 0; i < 200; ++i) {
    const int64_t y = gaps.integer(2, 50);
    const int64_t x = gaps.integer(2, 60);
    at::Tensor forbidden = everywhere(60, 70);
    const Box gap{x, y, x + 8, y + 8};
    forbidden.slice(0, gap.y0, gap.y1).slice(1, gap.x0, gap.x1).fill_(false);
    Random random(static_cast<uint64_t>(i));
    const RegionOptions options{.min_side = 8, .max_side = 8, .margin = 2};
    ASSERT_EQ(select_region(everywhere(60, 70), forbidden, options, random), gap);
    ASSERT_EQ(select_region(everywhere(70, 60), forbidden.t(), options, random),
              (Box{y, x, y + 8, x + 8}));
  }
}

TEST(SelectRegion, ReturnsNothingWhenTheAreaIsSmallerThanTheBox) {
  Random random(3);
  const RegionOptions options{.min_side = 20, .max_side = 30, .min_overlap = 1};
  EXPECT_FALSE(select_region(only(60, 60, {10, 10, 29, 29}), {}, options, random));
  EXPECT_FALSE(select_region(at::zeros({60, 60}, at::kBool), {}, options, random));
  EXPECT_FALSE(select_region(everywhere(60, 60), everywhere(60, 60), options, random));
}

TEST(SelectRegion, TakesASmallerSizeWhereTheDrawnOneHasNoRoom) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const auto box = select_region(only(200, 200, {50, 60, 70, 80}), {},
                                   {.min_side = 20, .max_side = 150, .min_overlap = 1}, random);
    EXPECT_EQ(box, (Box{50, 60, 70, 80}));
  }
}

TEST(SelectRegion, MeasuresTheOverlapOfTheLowerHalfWhenAsked) {
  // Only the ground, the lowest 10 rows, is valid: a box of 20 x 20 must stand on it.
  const at::Tensor ground = only(60, 60, {0, 50, 60, 60});
  Random random(4);
  for (int i = 0; i < 100; ++i) {
    const auto box = select_region(
        ground, {}, {.min_side = 20, .max_side = 20, .min_overlap = 0.8, .bottom_overlap = true},
        random);
    ASSERT_TRUE(box);
    ASSERT_GE(box->y1, 58);
  }
  EXPECT_FALSE(
      select_region(ground, {}, {.min_side = 20, .max_side = 20, .min_overlap = 0.8}, random));
}

TEST(SelectRegion, RefusesImpossibleLimitsByNameAndValue) {
  Random random(0);
  const auto message = [&](const RegionOptions& options) {
    return message_of([&] { select_region(everywhere(40, 60), {}, options, random); });
  };
  EXPECT_EQ(
      message({.min_side = 9, .max_side = 41}),
      "region: max_side and two margins must fit into the image (min_side = 9, max_side = 41, "
      "margin = 0, image 60 x 40)");
  EXPECT_EQ(message({.min_side = 9, .max_side = 8}), "max_side = 8 must be min_side = 9 or more");
  EXPECT_EQ(message({.min_side = 0}), "min_side = 0 must be in [1, 16777216]");
  EXPECT_EQ(message({.min_overlap = 1.4}), "min_overlap = 1.4 must be in [0, 1]");
  EXPECT_EQ(message({.margin = -1}), "margin = -1 must be in [0, 16777216]");
  EXPECT_NE(message({.margin = 20}).find("margin = 20"), std::string::npos);
  EXPECT_THROW(RegionOptions{.min_overlap = std::numeric_limits<double>::quiet_NaN()}.validate(),
               std::invalid_argument);
}

TEST(SelectRegion, RefusesMasksThatAreNoneOrDisagree) {
  Random random(0);
  EXPECT_THROW(select_region(at::zeros({4, 4}, at::kByte), {}, {}, random), std::invalid_argument);
  EXPECT_THROW(select_region(everywhere(4, 4), everywhere(4, 5), {}, random),
               std::invalid_argument);
}

TEST(SelectRegion, CopesWithTheSmallestImage) {
  Random random(0);
  EXPECT_EQ(select_region(everywhere(1, 1), {}, {}, random), (Box{0, 0, 1, 1}));
}

TEST(SideLimits, AreSharesOfTheLongerSideThatFitIntoTheImage) {
  EXPECT_EQ(side_limits({}, 1024, 2048).min_side, 204);
  EXPECT_EQ(side_limits({}, 1024, 2048).max_side, 614);
  EXPECT_EQ(side_limits({}, 300, 2048).max_side, 300);
  EXPECT_EQ(side_limits({.margin = 50}, 300, 2048).max_side, 200);
  EXPECT_EQ(side_limits({.max_side = 100}, 1024, 2048).min_side, 100);
  EXPECT_EQ(side_limits({.min_side = 700}, 1024, 2048).max_side, 700);
}

struct Golden {
  const char* area;
  int64_t height, width, min_side, max_side, margin;
  uint32_t seed;
  Box box;
  int64_t candidates;
};

Box region_at(int64_t top, int64_t left, int64_t height, int64_t width) {
  return {left, top, left + width, top + height};
}

at::Tensor golden_area(const Golden& golden) {
  const std::string area = golden.area;
  if (area == "ones") return everywhere(golden.height, golden.width);
  at::Tensor mask = at::zeros({golden.height, golden.width}, at::kBool);
  if (area == "bottom") return with_box(mask, {0, golden.height / 2, golden.width, golden.height});
  return with_box(with_box(mask, {100, 600, 700, 900}), {1300, 550, 1900, 1000});
}

// From running the original code.
const Golden kGolden[] = {
    {"ones", 1024, 2048, 200, 500, 50, 1, region_at(147, 1230, 237, 212), 1192632},
    {"bottom", 1024, 2048, 200, 500, 50, 1, region_at(615, 1633, 237, 212), 802032},
    {"bottom", 1024, 2048, 200, 500, 50, 2, region_at(604, 945, 368, 309), 757218},
    {"two", 1024, 2048, 350, 650, 50, 3, region_at(405, 1253, 502, 532), 537656},
    {"two", 1024, 2048, 550, 700, 50, 3, region_at(304, 1236, 656, 681), 339556},
    {"bottom", 1024, 2048, 200, 400, 0, 213, region_at(563, 838, 243, 201), 945664},
    {"ones", 512, 512, 100, 200, 10, 11, region_at(329, 377, 125, 116), 137992},
};

TEST(SelectRegionCompatPoc, EqualsTheOriginalCode) {
  for (const Golden& golden : kGolden) {
    const CompatRegion found = select_region_compat_poc(
        golden_area(golden),
        {.min_side = golden.min_side, .max_side = golden.max_side, .margin = golden.margin},
        golden.seed);
    EXPECT_EQ(found.box, golden.box) << golden.area << " seed " << golden.seed;
    EXPECT_EQ(found.candidate_count, golden.candidates) << golden.area << " seed " << golden.seed;
  }
}

TEST(SelectRegionCompatPoc, EqualsTheOriginalCodeWithBottomOverlap) {
  const CompatRegion found = select_region_compat_poc(
      golden_area(kGolden[5]), {.min_side = 200, .max_side = 400, .bottom_overlap = true}, 213);
  EXPECT_EQ(found.box, kGolden[5].box);
}

TEST(SelectRegionCompatPoc, DrawsTheSizesOfTheOriginalCode) {
  const auto size = [](int64_t min_side, int64_t max_side, uint32_t seed) {
    const auto found = select_region_compat_poc(everywhere(1024, 1024),
                                                {.min_side = min_side, .max_side = max_side}, seed);
    return std::pair{found.box->height(), found.box->width()};
  };
  EXPECT_EQ(size(250, 400, 1), (std::pair<int64_t, int64_t>{287, 262}));
  EXPECT_EQ(size(250, 400, 2), (std::pair<int64_t, int64_t>{265, 272}));
  EXPECT_EQ(size(300, 450, 3), (std::pair<int64_t, int64_t>{406, 348}));
  EXPECT_EQ(size(550, 700, 1), (std::pair<int64_t, int64_t>{587, 690}));
  // Limits of 210.0 to 350.0 and 244.99999999999997 to 315.0, truncated.
  EXPECT_EQ(size(210, 350, 1).first, 247);
  EXPECT_EQ(size(244, 315, 1).first, 281);
}

TEST(SelectRegionCompatPoc, ReturnsNothingInAnEmptyArea) {
  const CompatRegion found = select_region_compat_poc(
      at::zeros({1024, 2048}, at::kBool), {.min_side = 200, .max_side = 400, .margin = 50}, 1);
  EXPECT_FALSE(found.box);
  EXPECT_EQ(found.candidate_count, 0);
}

TEST(SelectRegionCompatPoc, RefusesTheLimitsThatTheOriginalRefuses) {
  EXPECT_THROW(select_region_compat_poc(everywhere(64, 64), {.min_side = 9, .max_side = 9}, 1),
               std::invalid_argument);
  EXPECT_THROW(select_region_compat_poc(everywhere(64, 64), {.min_side = 9, .max_side = 65}, 1),
               std::invalid_argument);
  EXPECT_THROW(
      select_region_compat_poc(everywhere(64, 64), {.min_side = 9, .max_side = 60, .margin = 3}, 1),
      std::invalid_argument);
}

// Candidates are the pixels of overlapping boxes, counted once.
TEST(SelectRegionCompatPoc, CountsCandidatesLikeFillingTheBoxes) {
  Random scenes(7);
  for (int i = 0; i < 20; ++i) {
    at::Tensor valid = at::zeros({40, 50}, at::kBool);
    for (int k = 0; k < 6; ++k) {
      const int64_t y = scenes.integer(0, 40);
      const int64_t x = scenes.integer(0, 50);
      with_box(valid, {x, y, std::min<int64_t>(x + 3, 50), std::min<int64_t>(y + 2, 40)});
    }
    const RegionOptions options{.min_side = 5, .max_side = 8, .min_overlap = 0.01, .margin = 2};
    const CompatRegion found = select_region_compat_poc(valid, options, static_cast<uint32_t>(i));
    if (!found.box) continue;
    const int64_t h = found.box->height();
    const int64_t w = found.box->width();
    // With components as pixels, the candidates can only be fewer.
    std::set<std::pair<int64_t, int64_t>> touching;
    for (int64_t y = 2; y < 40 - h - 2; ++y) {
      for (int64_t x = 2; x < 50 - w - 2; ++x) {
        if (overlap(valid, {x, y, x + w, y + h}) > 0) touching.insert({y, x});
      }
    }
    ASSERT_GE(found.candidate_count, static_cast<int64_t>(touching.size()));
    ASSERT_GE(overlap(valid, *found.box), 0.01);
  }
}

}  // namespace
}  // namespace situ
