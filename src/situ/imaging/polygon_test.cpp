// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/polygon.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "situ/core/errors.h"

namespace situ {
namespace {

using Counts = std::vector<uint32_t>;

TEST(PolygonRunLength, FillsARectangleOfWholePixels) {
  // Columns 1 and 2, rows 1 to 3 of a picture of 5 rows and 4 columns.
  const std::vector<double> corners = {1, 1, 3, 1, 3, 4, 1, 4};
  const RunLength runs = polygon_run_length(corners, 5, 4);
  EXPECT_EQ(runs.counts, (Counts{6, 3, 2, 3, 6}));
  EXPECT_EQ(run_length_area(runs), 6);
}

TEST(PolygonRunLength, IsTheSameInBothDirectionsAndFromEveryCorner) {
  const std::vector<double> forth = {0.4, 0.7, 7.3, 2.2, 3.1, 8.9};
  const std::vector<double> back = {3.1, 8.9, 7.3, 2.2, 0.4, 0.7};
  const std::vector<double> turned = {7.3, 2.2, 3.1, 8.9, 0.4, 0.7};
  const RunLength runs = polygon_run_length(forth, 10, 10);
  EXPECT_GT(run_length_area(runs), 10);
  EXPECT_EQ(runs, polygon_run_length(back, 10, 10));
  EXPECT_EQ(runs, polygon_run_length(turned, 10, 10));
}

TEST(PolygonRunLength, CutsOffWhatLiesOutside) {
  const std::vector<double> corners = {-2, -2, 6, -2, 6, 6, -2, 6};
  EXPECT_EQ(polygon_run_length(corners, 4, 4).counts, (Counts{0, 16}));
}

TEST(PolygonRunLength, PassesOverACornerThatStandsTwice) {
  const std::vector<double> once = {1, 1, 3, 1, 3, 4, 1, 4};
  const std::vector<double> twice = {1, 1, 3, 1, 3, 1, 3, 4, 1, 4, 1, 1};
  EXPECT_EQ(polygon_run_length(once, 5, 4), polygon_run_length(twice, 5, 4));
}

TEST(PolygonRunLength, OfNoAreaIsEmpty) {
  const std::vector<double> line = {1, 1, 3, 1, 2, 1};
  EXPECT_EQ(run_length_area(polygon_run_length(line, 4, 4)), 0);
}

TEST(PolygonRunLength, RefusesWhatIsNoPolygonOfThePicture) {
  const std::vector<double> two_corners = {1, 1, 3, 1};
  const std::vector<double> odd = {1, 1, 3, 1, 2, 2, 5};
  const std::vector<double> far = {1, 1, 1e9, 1, 2, 2};
  const std::vector<double> not_a_number = {1, 1, std::nan(""), 1, 2, 2};
  const std::vector<double> good = {1, 1, 3, 1, 2, 3};
  EXPECT_THROW(polygon_run_length(two_corners, 4, 4), DataError);
  EXPECT_THROW(polygon_run_length(odd, 4, 4), DataError);
  EXPECT_THROW(polygon_run_length(far, 4, 4), DataError);
  EXPECT_THROW(polygon_run_length(not_a_number, 4, 4), DataError);
  EXPECT_THROW(polygon_run_length(good, 0, 4), DataError);
  EXPECT_THROW(polygon_run_length(good, 65535, 65535), DataError);
}

}  // namespace
}  // namespace situ
