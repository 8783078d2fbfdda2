// SPDX-License-Identifier: Apache-2.0
// Whole runs of tiny models against the pipelines of diffusers; see
// tools/make_diffusion_run_fixtures.py.
#include <gtest/gtest.h>

#include "parity/tiny_model_folder.h"
#include "situ/backends/stable_diffusion_pipeline.h"

namespace situ {
namespace {

PixelPair pair_of(const nlohmann::json& value) { return {value.at(0), value.at(1)}; }

// The arguments of diffusers under situ's names; `seed` is that of the fixture's generator.
DiffusionRun run_of(const nlohmann::json& arguments) {
  DiffusionRun run{.prompt = arguments.at("prompt"), .steps = arguments.at("num_inference_steps")};
  run.guidance_scale = arguments.value("guidance_scale", 7.5);
  run.image_guidance_scale = arguments.value("image_guidance_scale", 1.5);
  run.guidance_rescale = arguments.value("guidance_rescale", 0.0);
  run.strength = arguments.value("strength", 1.0);
  run.clip_skip = arguments.value("clip_skip", int64_t{0});
  run.seed = 9;
  if (arguments.contains("negative_prompt")) {
    run.negative_prompt = arguments["negative_prompt"].get<std::string>();
  }
  if (arguments.contains("original_size")) run.original_size = pair_of(arguments["original_size"]);
  if (arguments.contains("target_size")) run.target_size = pair_of(arguments["target_size"]);
  if (arguments.contains("crops_coords_top_left")) {
    run.crop_top_left = pair_of(arguments["crops_coords_top_left"]);
  }
  return run;
}

class DiffusionRunParity : public testing::TestWithParam<const char*> {};

TEST_P(DiffusionRunParity, EndsInTheLatentsAndThePictureOfDiffusers) {
  const std::string name = GetParam();
  const ParityFixture fixture("diffusion_runs/" + name);
  const nlohmann::json config = fixture.config();
  const TinyModelFolder folder(config);
  StableDiffusionPipeline pipeline(folder.path(), {});
  const DiffusionRun run = run_of(config["run"]);
  const int64_t height = config["run"]["height"], width = config["run"]["width"];
  const Painting painting = [&] {
    if (name.find("imagine") != std::string::npos) return pipeline.imagine(height, width, run);
    if (name.find("vary") != std::string::npos) {
      return pipeline.vary(fixture["image"], height, width, run);
    }
    if (name.find("edit") != std::string::npos) {
      return pipeline.edit(fixture["image"], height, width, run);
    }
    return pipeline.inpaint(fixture["image"], fixture["mask"], height, width, run);
  }();
  expect_near(painting.latents.squeeze(0), fixture["latent"], 2e-3, "latents");
  expect_near(painting.picture.to(at::kInt), fixture["np"].to(at::kInt), 1, "picture");
}

INSTANTIATE_TEST_SUITE_P(Pipelines, DiffusionRunParity,
                         testing::Values("sd_imagine", "lcm_imagine", "sd_vary", "sd_inpaint_4",
                                         "sd_inpaint_4_noise", "sd_inpaint_9_euler", "sd_edit",
                                         "xl_imagine", "xl_imagine_negative", "xl_vary",
                                         "xl_inpaint_9", "xl_inpaint_4"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace situ
