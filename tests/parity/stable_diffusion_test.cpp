// SPDX-License-Identifier: Apache-2.0
// Networks and schedulers against diffusers and transformers; see
// tools/make_stable_diffusion_fixture.py.
#include <gtest/gtest.h>

#include "parity/seeded_weights.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/stable_diffusion/autoencoder_kl.h"
#include "situ/models/stable_diffusion/autoencoder_tiny.h"
#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/unet.h"

namespace situ {
namespace {

constexpr double kTolerance = 1e-4;

class UNetParity : public testing::TestWithParam<const char*> {};

TEST_P(UNetParity, PredictsWhatDiffusersPredicts) {
  const c10::InferenceMode inference;
  const ParityFixture fixture(std::string("stable_diffusion/") + GetParam());
  UNet unet(UNetConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*unet);
  expect_near(unet(fixture["sample"], fixture["timesteps"], UNetCondition{.text = fixture["text"]}),
              fixture["output"], kTolerance, "output");
}

INSTANTIATE_TEST_SUITE_P(Families, UNetParity, testing::Values("unet_sd1", "unet_sd2"));

TEST(AutoencoderKlParity, EncodesSamplesAndDecodesAsDiffusersDoes) {
  const c10::InferenceMode inference;
  const ParityFixture fixture("stable_diffusion/autoencoder_kl");
  AutoencoderKl network(AutoencoderKlConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  const LatentDistribution latents = network->encode(fixture["image"]);
  expect_near(latents.mean, fixture["mean"], kTolerance, "mean");
  expect_near(latents.standard_deviation, fixture["std"], kTolerance, "std");
  expect_near(latents.sample(seeded(7)), fixture["sample"], kTolerance, "sample");
  expect_near(network->decode(fixture["sample"]), fixture["decoded"], kTolerance, "decoded");
}

TEST(AutoencoderKlParity, TakesLargePicturesInTheTilesOfDiffusers) {
  const c10::InferenceMode inference;
  const ParityFixture fixture("stable_diffusion/autoencoder_kl_tiled");
  AutoencoderKl network(AutoencoderKlConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  const at::Tensor whole = network->decode(fixture["mean"]);
  network->use_tiles();
  expect_near(network->encode(fixture["image"]).mean, fixture["mean"], kTolerance, "mean");
  const at::Tensor tiled = network->decode(fixture["mean"]);
  expect_near(tiled, fixture["decoded"], kTolerance, "decoded");
  EXPECT_GT((tiled - whole).abs().max().item<double>(), 1e-3) << "tiles are another result";
  const at::Tensor small = fixture["image"].slice(2, 0, 16).slice(3, 0, 16);
  AutoencoderKl without_tiles(AutoencoderKlConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*without_tiles);
  EXPECT_TRUE(network->encode(small).mean.equal(without_tiles->encode(small).mean));
}

TEST(AutoencoderTinyParity, EncodesAndDecodesAsDiffusersDoes) {
  const c10::InferenceMode inference;
  const ParityFixture fixture("stable_diffusion/autoencoder_tiny");
  AutoencoderTiny network(AutoencoderTinyConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  expect_near(network->encode(fixture["image"]), fixture["latents"], kTolerance, "latents");
  expect_near(network->decode(fixture["latents"]), fixture["decoded"], kTolerance, "decoded");
}

class ClipTextParity : public testing::TestWithParam<const char*> {};

TEST_P(ClipTextParity, EncodesAsTransformersDoes) {
  const c10::InferenceMode inference;
  const ParityFixture fixture(std::string("stable_diffusion/clip_text_") + GetParam());
  ClipTextEncoder encoder(ClipTextConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*encoder);
  expect_near(encoder(fixture["tokens"]), fixture["output"], kTolerance, "output");
}

INSTANTIATE_TEST_SUITE_P(Activations, ClipTextParity, testing::Values("quick_gelu", "gelu"));

class SchedulerParity : public testing::TestWithParam<const char*> {};

TEST_P(SchedulerParity, FollowsTheTrajectoryOfDiffusers) {
  const ParityFixture fixture(std::string("stable_diffusion/scheduler_") + GetParam());
  const nlohmann::json config = fixture.config();
  const int64_t steps = config.at("steps").get<int64_t>();
  const auto scheduler = make_scheduler(config, fixture.path(), "auto", steps);
  const at::Tensor timesteps = at::tensor(scheduler->timesteps(), at::kDouble);
  ASSERT_TRUE(at::equal(timesteps, fixture["timesteps"].to(at::kDouble))) << timesteps;
  at::Generator generator = seeded(0);
  at::Tensor sample = fixture["start"];
  const double tolerance = trajectory_tolerance(sample, fixture["trajectory"]);
  for (std::size_t i = 0; i < scheduler->timesteps().size(); ++i) {
    const at::Tensor output = at::tanh(0.9 * sample + scheduler->timesteps()[i] / 1000);
    sample = scheduler->step(output, i, sample, generator);
    expect_near(sample, fixture["trajectory"][static_cast<int64_t>(i)], tolerance,
                "step " + std::to_string(i));
  }
  const auto middle = static_cast<std::size_t>(steps / 2);
  expect_near(scheduler->add_noise(fixture["start"], fixture["noise"], middle), fixture["noised"],
              1e-6, "noised");
}

INSTANTIATE_TEST_SUITE_P(Kinds, SchedulerParity,
                         testing::Values("pndm_sd", "pndm_v_trailing", "pndm_linspace",
                                         "pndm_one_step", "ddim_sd", "ddim_v_trailing",
                                         "ddim_sample_clipped", "ddim_default"));

}  // namespace
}  // namespace situ
