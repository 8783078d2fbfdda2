// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "situ/io/npy.h"
#include "situ/metrics/ranking_metrics.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

TEST(RankingMetrics, EqualScikitLearn) {
  const auto file = std::filesystem::path(SITU_SOURCE_DIR) / "tests/data/ranking/scikit_learn.npz";
  const auto arrays = load_npz(file);  // of tools/make_ranking_fixture.py
  const at::Tensor lengths = arrays.at("lengths");
  const at::Tensor expected = arrays.at("expected");
  int64_t begin = 0;
  ASSERT_GT(lengths.numel(), 300);
  for (int64_t i = 0; i < lengths.numel(); ++i) {
    const int64_t end = begin + lengths[i].item<int64_t>();
    const RankingMetrics got = ranking_metrics(
        ranking_curve(arrays.at("scores").slice(0, begin, end).contiguous(),
                      arrays.at("positive").slice(0, begin, end).to(at::kByte).contiguous()));
    const double values[] = {got.average_precision,
                             got.average_precision_trapezoid,
                             got.auroc,
                             got.fpr_at_95_tpr,
                             got.f1_star,
                             got.f1_star_threshold};
    for (int64_t k = 0; k < 6; ++k) {
      const double wanted = expected[i][k].item<double>();
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(values[k])) << "case " << i << ", figure " << k;
      } else {
        // The accuracy that is asked for; both sum in double precision.
        EXPECT_NEAR(values[k], wanted, 1e-12 * std::max(1.0, std::abs(wanted)))
            << "case " << i << ", figure " << k;
      }
    }
    begin = end;
  }
}

}  // namespace
}  // namespace situ
