// SPDX-License-Identifier: Apache-2.0
// Whole runs of the schedulers against diffusers; see tools/make_scheduler_fixtures.py.
#include <gtest/gtest.h>

#include "parity/seeded_weights.h"
#include "situ/io/json_file.h"
#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/tasks/inpainter.h"

namespace situ {
namespace {

const ParityFixture& fixture() {
  static const ParityFixture made("schedulers");
  return made;
}

std::vector<std::string> run_names() {
  std::vector<std::string> names;
  const nlohmann::json runs = fixture().config();
  for (const auto& [name, run] : runs.items()) names.push_back(name);
  return names;
}

class SchedulerRun : public testing::TestWithParam<std::string> {};

TEST_P(SchedulerRun, FollowsTheTrajectoryOfDiffusers) {
  const std::string name = GetParam();
  const nlohmann::json run = fixture().config().at(name);
  const nlohmann::json config = parse_python_json(run.at("file"), name);
  const auto scheduler = make_scheduler(config, name, "auto", run.at("steps"));
  // Of levels that were not made from timesteps these are logarithms looked up in a float32 table.
  expect_near(at::tensor(scheduler->timesteps(), at::kDouble), fixture()[name + ".timesteps"], 1e-3,
              "timesteps");

  const auto first = run.at("first").get<std::size_t>();
  at::Tensor sample = fixture()["start"] * scheduler->initial_noise_scale();
  if (first > 0) sample = scheduler->add_noise(fixture()["start"], fixture()["noise"], first);
  const at::Tensor begun = fixture()[name + ".begun"];
  const at::Tensor trajectory = fixture()[name + ".trajectory"];
  const double tolerance = trajectory_tolerance(begun, trajectory);
  expect_near(sample, begun, tolerance, "begun");
  at::Generator generator = seeded(11);
  ASSERT_EQ(static_cast<int64_t>(scheduler->timesteps().size() - first), trajectory.size(0));
  for (std::size_t i = first; i < scheduler->timesteps().size(); ++i) {
    const at::Tensor input = scheduler->scaled_input(sample, i);
    const at::Tensor output = at::tanh(0.9 * input + scheduler->timesteps()[i] / 1000);
    sample = scheduler->step(output, i, sample, generator);
    expect_near(sample, trajectory[static_cast<int64_t>(i - first)], tolerance,
                "step " + std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(Diffusers, SchedulerRun, testing::ValuesIn(run_names()),
                         [](const auto& info) { return info.param; });

TEST(SchedulerNames, AreTheOnesThatInpaintingOffers) {
  std::vector<std::string> offered;
  for (const auto& [value, name] : EnumNames<InpaintingScheduler>::table) offered.push_back(name);
  EXPECT_EQ(offered, scheduler_names());
}

}  // namespace
}  // namespace situ
