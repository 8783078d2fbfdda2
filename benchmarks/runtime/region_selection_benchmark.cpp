// SPDX-License-Identifier: Apache-2.0
// Region selection in a 2048 x 1024 scene: situ's search against the original's, which lists every
// position, shuffles the list and averages the mask under each box until one fits.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "situ/core/random.h"
#include "situ/pipeline/region_selection.h"

namespace situ {
namespace {

constexpr int64_t kHeight = 1024;
constexpr int64_t kWidth = 2048;

at::Tensor lower_half() {
  at::Tensor valid = at::zeros({kHeight, kWidth}, at::kBool);
  valid.slice(0, kHeight / 2).fill_(true);
  return valid;
}

const RegionOptions kOptions{.min_side = 200, .max_side = 500, .min_overlap = 0.5, .margin = 50};

void select_region_situ(benchmark::State& state) {
  const at::Tensor valid = lower_half();
  const at::Tensor nothing_forbidden = at::zeros({kHeight, kWidth}, at::kBool);
  uint64_t seed = 0;
  for (auto _ : state) {
    Random random(seed++);
    benchmark::DoNotOptimize(select_region(valid, nothing_forbidden, kOptions, random));
  }
}
BENCHMARK(select_region_situ)->Unit(benchmark::kMillisecond)->UseRealTime();

// The list, the shuffle and the mean of the first boxes, as the original does them; NumPy's loops
// are not slower than these.
void select_region_by_list(benchmark::State& state) {
  const at::Tensor valid = lower_half();
  const bool* mask = valid.const_data_ptr<bool>();
  constexpr int64_t kSide = 300;
  uint32_t seed = 0;
  for (auto _ : state) {
    NumpyLegacyRandom random(seed++);
    std::vector<std::pair<int32_t, int32_t>> positions;
    for (int64_t y = kHeight / 2 - kSide; y < kHeight - kSide - 50; ++y) {
      for (int64_t x = 50; x < kWidth - kSide - 50; ++x) positions.emplace_back(y, x);
    }
    for (const int32_t index : random.permutation(static_cast<int32_t>(positions.size()))) {
      const auto [top, left] = positions[index];
      int64_t inside = 0;
      for (int64_t y = top; y < top + kSide; ++y) {
        for (int64_t x = left; x < left + kSide; ++x) inside += mask[y * kWidth + x];
      }
      if (2 * inside >= kSide * kSide) break;
    }
  }
}
BENCHMARK(select_region_by_list)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace situ
