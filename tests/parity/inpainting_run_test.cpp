// SPDX-License-Identifier: Apache-2.0
// A whole run, 50 PNDM steps, against diffusers' StableDiffusionInpaintPipeline.
#include <gtest/gtest.h>

#include "parity/tiny_model_folder.h"
#include "situ/backends/stable_diffusion_pipeline.h"

namespace situ {
namespace {

TEST(InpaintingRunParity, EndsInTheLatentsAndThePictureOfDiffusers) {
  const ParityFixture fixture("stable_diffusion/inpainting_run");
  const nlohmann::json config = fixture.config();
  const TinyModelFolder folder(config);
  StableDiffusionPipeline pipeline(folder.path(), {});
  DiffusionRun run{.prompt = config["run"]["prompt"],
                   .negative_prompt = config["run"]["negative_prompt"].get<std::string>(),
                   .steps = config["run"]["num_inference_steps"],
                   .guidance_scale = config["run"]["guidance_scale"],
                   .seed = 9};
  const int64_t height = config["run"]["height"];
  const int64_t width = config["run"]["width"];
  for (const std::string start : {"drawn", "given"}) {
    if (start == "given") run.latents = fixture["start"];
    const Painting painting =
        pipeline.inpaint(fixture["image"], fixture["mask"], height, width, run);
    expect_near(painting.latents.squeeze(0), fixture[start + "_latent"], 2e-3, start + " latents");
    expect_near(painting.picture.to(at::kInt), fixture[start + "_np"].to(at::kInt), 1,
                start + " picture");
  }
}

}  // namespace
}  // namespace situ
