// SPDX-License-Identifier: Apache-2.0
// A real segmentation network on real photos, from files to figures: ESPNetv2 trained on Cityscapes
// and the 60 photos of RoadAnomaly, which lie outside the repository.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "situ/backends/espnet_segmenter.h"
#include "situ/backends/model_files.h"
#include "situ/core/temporary_folder.h"
#include "situ/evaluation/anomaly_evaluation.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/models/espnet/espnet_v2.h"
#include "situ/tasks/anomaly_scorer.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

fs::path shared_data() {
  const char* set = std::getenv("SITU_SHARED_DIR");
  return (set != nullptr ? fs::path(set) : fs::path(SITU_SOURCE_DIR) / ".." / "shared") / "data";
}

void expect_reference_logits(const char* weights, const char* reference) {
  const fs::path folder = shared_data() / "espnet";
  const fs::path file = folder / "safetensors" / (std::string(weights) + ".safetensors");
  const StateDict state = load_weights_file(file);
  EspnetV2 network(EspnetConfig::from_weights(state, file.string()));
  load_state_dict(*network, state, file.string());
  network->eval();
  const c10::NoGradGuard no_gradients;
  const at::Tensor input = load_npy(folder / "golden" / (std::string(reference) + "_in.npy"));
  const at::Tensor expected = load_npy(folder / "golden" / (std::string(reference) + "_out.npy"));
  const at::Tensor got = network(input);
  ASSERT_EQ(got.sizes(), expected.sizes());
  // Logits of up to 20 in float32 after some 60 layers, in another version of the same kernels.
  EXPECT_LT(got.sub(expected).abs().max().item<double>(), 1e-4);
}

TEST(EspnetV2, GivesThePublishedNetworksLogits) {
  if (!fs::exists(shared_data() / "espnet")) {
    GTEST_SKIP() << "no shared data: set SITU_SHARED_DIR to the folder that holds data/espnet";
  }
  expect_reference_logits("espnetv2_s_2.0_city_512x256", "espnetv2_s2.0_city_512x256");
  expect_reference_logits("espnetv2_s_2.0_pascal_384x384", "espnetv2_s2.0_pascal_384x384");
}

TEST(RoadAnomaly, HasTheFiguresThatWereObtainedInPython) {
  const fs::path photos = shared_data() / "road_anomaly";
  const fs::path weights =
      shared_data() / "espnet/safetensors/espnetv2_s_2.0_city_1024x512.safetensors";
  if (!fs::exists(photos) || !fs::exists(weights)) {
    GTEST_SKIP() << "no shared data: set SITU_SHARED_DIR to the folder that holds data/espnet and "
                    "data/road_anomaly";
  }
  const TemporaryFolder folder;
  fs::create_directory(folder / "max_logit");
  fs::create_directory(folder / "msp");
  const auto segmenter =
      load_espnet(weights, {}, {.input_size = std::array<std::int64_t, 2>{512, 1024}});
  ASSERT_EQ(segmenter->classes(), 19);
  for (const auto& photo : fs::directory_iterator(photos / "images")) {
    const at::Tensor logits = segmenter->logits(load_image(photo.path()), 360, 640);
    const std::string name = photo.path().stem().string() + ".npy";
    save_npy(folder / "max_logit" / name, anomaly_scores(logits, LogitScore::kMaxLogit));
    save_npy(folder / "msp" / name, anomaly_scores(logits, LogitScore::kMsp));
  }
  const AnomalyProtocol& protocol = anomaly_protocol("road-anomaly");
  const auto figures = [&](const char* scores) {
    return evaluate_anomaly(anomaly_samples({.scores = folder / scores,
                                             .labels = photos / "labels_masks",
                                             .label_stride = 2},
                                            protocol),
                            protocol)
        .pooled;
  };
  // Half of the third digit, which is how many the reference states.
  constexpr double kTolerance = 5e-4;
  const RankingMetrics max_logit = figures("max_logit");
  EXPECT_NEAR(max_logit.average_precision, 0.202, kTolerance);
  EXPECT_NEAR(max_logit.auroc, 0.754, kTolerance);
  EXPECT_NEAR(max_logit.fpr_at_95_tpr, 0.582, kTolerance);
  const RankingMetrics msp = figures("msp");
  EXPECT_NEAR(msp.average_precision, 0.165, kTolerance);
  EXPECT_NEAR(msp.auroc, 0.674, kTolerance);
  EXPECT_NEAR(msp.fpr_at_95_tpr, 0.697, kTolerance);
}

}  // namespace
}  // namespace situ
