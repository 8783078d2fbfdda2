// SPDX-License-Identifier: Apache-2.0
// The figures of anomaly segmentation over files: 50 score maps of two million pixels, one in a
// hundred anomalous, 10^8 in all.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <string>

#include "situ/core/temporary_folder.h"
#include "situ/evaluation/anomaly_evaluation.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

constexpr int64_t kImages = 50;
constexpr int64_t kHeight = 1000;
constexpr int64_t kWidth = 2000;
constexpr int64_t kObjectSide = 71;  // four objects: 1 % of the pixels

void write_data_set(const TemporaryFolder& folder) {
  std::filesystem::create_directory(folder / "scores");
  std::filesystem::create_directory(folder / "labels");
  at::manual_seed(1);
  for (int64_t i = 0; i < kImages; ++i) {
    const at::Tensor labels = at::zeros({kHeight, kWidth}, at::kByte);
    for (int64_t object = 0; object < 4; ++object) {
      labels.slice(0, 200 * object, 200 * object + kObjectSide)
          .slice(1, 30 * i, 30 * i + kObjectSide)
          .fill_(1);
    }
    const at::Tensor scores = at::randn({kHeight, kWidth}).add(labels, 2);
    save_npy(folder / "scores" / (std::to_string(i) + ".npy"), scores);
    save_png(folder / "labels" / (std::to_string(i) + ".png"), labels);
  }
}

void anomaly_metrics_of_files(benchmark::State& state) {
  const TemporaryFolder folder;
  write_data_set(folder);
  const AnomalyProtocol& protocol = anomaly_protocol("binary");
  const auto samples =
      anomaly_samples({.scores = folder / "scores", .labels = folder / "labels"}, protocol);
  for (auto _ : state) benchmark::DoNotOptimize(evaluate_anomaly(samples, protocol));
  state.SetItemsProcessed(state.iterations() * kImages * kHeight * kWidth);
}
BENCHMARK(anomaly_metrics_of_files)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace situ
