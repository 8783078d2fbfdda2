// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/denoising.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace situ {
namespace {

UNet small_unet() {
  at::manual_seed(1);
  UNet unet(UNetConfig::from_json({{"in_channels", 4},
                                   {"out_channels", 4},
                                   {"block_out_channels", {8, 16}},
                                   {"down_block_types", {"CrossAttnDownBlock2D", "DownBlock2D"}},
                                   {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D"}},
                                   {"layers_per_block", 1},
                                   {"attention_head_dim", 2},
                                   {"cross_attention_dim", 6},
                                   {"norm_num_groups", 4}},
                                  "unet"));
  unet->eval();
  return unet;
}

class DenoisingTest : public testing::Test {
 protected:
  at::Tensor run(const DenoisingTask& task) {
    const std::unique_ptr<Scheduler> scheduler =
        make_scheduler({{"_class_name", "DDIMScheduler"}}, "scheduler", "auto", /*steps=*/4);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(2);
    return denoise(unet_, *scheduler, task, latents_, 0, generator);
  }

  DenoisingTask guided(const Shortcuts& shortcuts = {}) const {
    return {.guidance = {.kind = Guidance::Kind::kText, .scale = 5},
            .condition = {.text = at::cat({negative_, prompt_})},
            .shortcuts = shortcuts};
  }

  UNet unet_ = small_unet();
  const at::Tensor latents_ = at::randn({1, 4, 8, 8});
  const at::Tensor prompt_ = at::randn({1, 3, 6}), negative_ = at::randn({1, 3, 6});
  const c10::InferenceMode inference_;
};

TEST_F(DenoisingTest, DeepFeaturesOfTheSameSampleGiveTheSameResult) {
  const at::Tensor time = at::full({1}, 10.0);
  const UNetCondition condition{.text = prompt_};
  const at::Tensor whole = unet_(latents_, time, condition);
  DeepFeatures shared;
  EXPECT_TRUE(unet_(latents_, time, condition, &shared).equal(whole));
  ASSERT_TRUE(shared.features.defined());
  EXPECT_TRUE(unet_(latents_, time, condition, &shared).equal(whole));
  const at::Tensor other = 2 * latents_;
  const at::Tensor mixed = unet_(other, time, condition, &shared);
  EXPECT_FALSE(mixed.equal(whole)) << "the sample itself still counts";
  EXPECT_FALSE(mixed.equal(unet_(other, time, condition)));
}

TEST_F(DenoisingTest, StepsThatShareFeaturesEndElsewhereAndNearer) {
  const at::Tensor exact = run(guided());
  EXPECT_TRUE(run(guided({.feature_steps = 1})).equal(exact));
  const at::Tensor two = run(guided({.feature_steps = 2}));
  const at::Tensor four = run(guided({.feature_steps = 4}));
  EXPECT_FALSE(two.equal(exact));
  EXPECT_TRUE(run(guided({.feature_steps = 9})).equal(four)) << "of four steps nine are all";
  EXPECT_LT((two - exact).norm().item<double>(), (four - exact).norm().item<double>());
}

TEST_F(DenoisingTest, OutsideItsIntervalThePromptAloneDecides) {
  const at::Tensor exact = run(guided());
  const at::Tensor alone = run({.condition = {.text = prompt_}});
  EXPECT_TRUE(run(guided({.guidance_interval = {0, 1}})).equal(exact));
  // A slice of the batch is aligned otherwise, which moves the rounding of a product.
  EXPECT_TRUE(at::allclose(run(guided({.guidance_interval = {0, 0}})), alone, 0, 1e-5));
  EXPECT_TRUE(run(guided({.guidance_interval = {0.3, 0.4}}))
                  .equal(run(guided({.guidance_interval = {0.25, 0.25}}))))
      << "no step begins in either";
  const at::Tensor half = run(guided({.guidance_interval = {0, 0.5}}));
  EXPECT_FALSE(half.equal(exact));
  EXPECT_FALSE(half.equal(alone));
}

TEST_F(DenoisingTest, BothShortcutsGoTogether) {
  const Shortcuts both{.feature_steps = 3, .guidance_interval = {0.25, 0.75}};
  EXPECT_TRUE(at::isfinite(run(guided(both))).all().item<bool>());
}

TEST_F(DenoisingTest, ShortcutsOutOfRangeAreRefused) {
  EXPECT_THROW(run(guided({.feature_steps = 0})), std::invalid_argument);
  EXPECT_THROW(run(guided({.guidance_interval = {0.5, 0.4}})), std::invalid_argument);
  EXPECT_THROW(run(guided({.guidance_interval = {-0.1, 1}})), std::invalid_argument);
  EXPECT_THROW(run(guided({.guidance_interval = {0, 1.1}})), std::invalid_argument);
}

}  // namespace
}  // namespace situ
