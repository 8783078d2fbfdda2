// SPDX-License-Identifier: Apache-2.0
#include "situ/training/trainer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include <filesystem>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/atomic_file.h"
#include "situ/nn/state_dict.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

/// Learns y = 2 x + 1 from noisy samples; dies before its `dies_at`-th batch.
class LineTask : public TrainingTask {
 public:
  explicit LineTask(int dies_at = -1, std::string recipe = "line")
      : dies_at_(dies_at), recipe_(recipe) {
    const at::NoGradGuard no_gradients;
    for (at::Tensor& weight : layer_->parameters()) weight.zero_();
  }
  torch::nn::Module& module() override { return *layer_; }
  at::Tensor loss(const std::vector<std::uint64_t>& seeds, at::Generator& noise) override {
    if (batches_++ == dies_at_) throw std::runtime_error("killed");
    std::vector<float> x;
    for (const std::uint64_t seed : seeds)
      x.push_back(static_cast<float>(Random(seed).real(-1, 1)));
    const at::Tensor input = at::tensor(x).unsqueeze(1);
    const at::Tensor target = 2 * input + 1 + 0.01 * at::randn(input.sizes(), noise, at::kFloat);
    return (layer_(input) - target).pow(2).mean();
  }
  void save_model(const fs::path& folder) override {
    fs::create_directories(folder);
    write_file(folder / "weights.txt", std::to_string(layer_->weight.item<float>()));
  }
  at::Tensor sample_sheet() override { return at::zeros({3, 2, 2}, at::kByte); }
  std::string recipe() const override { return recipe_; }
  int batches() const { return batches_; }
  at::Tensor weights() const {
    return at::cat({layer_->weight.flatten(), layer_->bias}).detach().clone();
  }

 private:
  torch::nn::Linear layer_{1, 1};
  int dies_at_;
  int batches_ = 0;
  std::string recipe_;
};

TrainingOptions short_run() {
  return {.steps = 60,
          .batch_size = 8,
          .learning_rate = 0.2,
          .warmup_steps = 5,
          .weight_decay = 0,
          .autocast = "float32",
          .snapshot_minutes = 1e-9};
}

TEST(Train, LearnsAndLeavesModelSamplesAndSnapshot) {
  const TemporaryFolder folder;
  LineTask task;
  const TrainingResult result = train(task, short_run(), folder.path());
  EXPECT_EQ(result.steps_done, 60);
  EXPECT_NEAR(task.weights()[0].item<float>(), 2, 0.1);
  EXPECT_NEAR(task.weights()[1].item<float>(), 1, 0.1);
  EXPECT_TRUE(fs::exists(folder.path() / "model" / "weights.txt"));
  EXPECT_TRUE(fs::exists(folder.path() / "samples" / "step_0000060.png"));
  EXPECT_TRUE(fs::exists(folder.path() / "log.jsonl"));
}

TEST(Train, EndsInTheSameBitsAfterBeingKilledAtAnyStep) {
  const TemporaryFolder whole_folder;
  LineTask whole;
  train(whole, short_run(), whole_folder.path());
  for (const int step : {1, 7, 30, 59}) {
    const TemporaryFolder folder;
    LineTask killed(step);
    EXPECT_THROW(train(killed, short_run(), folder.path()), std::runtime_error);
    LineTask resumed;
    train(resumed, short_run(), folder.path());
    EXPECT_EQ(resumed.batches(), 60 - step);
    EXPECT_TRUE(at::equal(resumed.weights(), whole.weights())) << "killed at " << step;
  }
}

TEST(Train, RefusesToResumeWithAnotherRecipe) {
  const TemporaryFolder folder;
  LineTask first(3);
  EXPECT_THROW(train(first, short_run(), folder.path()), std::runtime_error);
  LineTask other(-1, "curve");
  try {
    train(other, short_run(), folder.path());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("another recipe"));
  }
}

TEST(Train, RefusesABrokenSnapshotByName) {
  const TemporaryFolder folder;
  write_file(folder.path() / "snapshot.safetensors", "not a snapshot");
  LineTask task;
  try {
    train(task, short_run(), folder.path());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("snapshot.safetensors"));
  }
}

TEST(Train, ChecksItsOptions) {
  const TemporaryFolder folder;
  LineTask task;
  TrainingOptions options = short_run();
  options.autocast = "float17";
  EXPECT_THROW(train(task, options, folder.path()), std::invalid_argument);
}

}  // namespace
}  // namespace situ
