// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/scheduler.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"

namespace situ {
namespace {

class Solver : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

// A network that always knows where the noise came from leads back there, in any number of steps.
TEST_P(Solver, IsLedToTheSampleThatTheNetworkKnows) {
  const auto [name, prediction] = GetParam();
  const nlohmann::json config = {{"beta_start", 0.00085},
                                 {"beta_end", 0.012},
                                 {"beta_schedule", "scaled_linear"},
                                 {"prediction_type", prediction},
                                 {"timestep_spacing", "trailing"},
                                 {"clip_sample", false},
                                 {"set_alpha_to_one", true},
                                 {"skip_prk_steps", true},
                                 {"steps_offset", 0}};
  const NoiseSchedule schedule =
      NoiseSchedule::from_json(config, "config", {.set_alpha_to_one = true});
  const auto drawn = [](std::uint64_t seed) {
    return at::randn({1, 4, 3, 3}, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat);
  };
  const at::Tensor original = drawn(1);
  const at::Tensor noise = drawn(2);
  for (const int64_t steps : {2, 5, 25}) {
    const auto scheduler = make_scheduler(config, "config", name, steps);
    at::Tensor sample = scheduler->add_noise(original, noise, 0);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(3);
    for (std::size_t i = 0; i < scheduler->timesteps().size(); ++i) {
      const at::Tensor output = std::string(prediction) == "sample" ? original : noise;
      sample = scheduler->step(output, i, sample, generator);
    }
    EXPECT_LE((sample - original).abs().max().item<double>(), 1e-3) << steps << " steps";
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Solver,
                         testing::Combine(testing::Values("ddim", "dpm++-2m", "dpm++-2m-karras",
                                                          "euler", "pndm", "unipc"),
                                          testing::Values("sample", "epsilon")));

TEST(Schedulers, TakeTheFileOfAnotherClass) {
  // What DDPMScheduler and PNDMScheduler write; keys that another class lacks are passed over.
  const nlohmann::json ddpm = {{"_class_name", "DDPMScheduler"}, {"variance_type", "fixed_small"}};
  const nlohmann::json pndm = {{"_class_name", "PNDMScheduler"}, {"skip_prk_steps", true}};
  for (const std::string& name : scheduler_names()) {
    EXPECT_NO_THROW(make_scheduler(ddpm, "file", name, 8)) << name;
    if (name != "auto") EXPECT_NO_THROW(make_scheduler(pndm, "file", name, 8)) << name;
  }
}

TEST(Schedulers, RefuseWhatCannotBe) {
  const nlohmann::json none = nlohmann::json::object();
  for (const std::string& name : scheduler_names()) {
    if (name == "auto" || name == "pndm") continue;
    for (const int64_t steps : {0, -1, 1001}) {
      EXPECT_THROW(make_scheduler(none, "file", name, steps), std::invalid_argument) << name;
    }
    for (const nlohmann::json& broken :
         {nlohmann::json{{"beta_start", -1}}, nlohmann::json{{"beta_schedule", "cubic"}},
          nlohmann::json{{"prediction_type", "flow"}}, nlohmann::json{{"trained_betas", {1, 2}}},
          nlohmann::json{{"num_train_timesteps", "many"}},
          nlohmann::json{{"timestep_spacing", "random"}}}) {
      EXPECT_THROW(make_scheduler(broken, "file", name, 4), DataError) << name << broken;
    }
  }
  EXPECT_THROW(make_scheduler(none, "file", "eular", 4), std::invalid_argument);
  EXPECT_THROW(make_scheduler(none, "file", "auto", 4), DataError);
  EXPECT_THROW(make_scheduler({{"use_lu_lambdas", true}}, "file", "dpm++", 4), DataError);
  EXPECT_THROW(make_scheduler({{"solver_type", "midpiont"}}, "file", "dpm++", 4), DataError);
  EXPECT_THROW(make_scheduler({{"solver_type", "bh1"}}, "file", "unipc", 4), DataError);
  EXPECT_THROW(make_scheduler({{"use_karras_sigmas", true}, {"sigma_min", -1}}, "f", "euler", 4),
               DataError);
  EXPECT_THROW(make_scheduler(none, "file", "dpm++", 1000), std::invalid_argument);
  EXPECT_THROW(make_scheduler(none, "file", "lcm", 51), std::invalid_argument);
}

}  // namespace
}  // namespace situ
