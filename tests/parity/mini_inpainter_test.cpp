// SPDX-License-Identifier: Apache-2.0
// The inpainter that ships with situ, against the same folder in diffusers.
#include <gtest/gtest.h>

#include "parity/seeded_weights.h"
#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/io/sha256.h"

namespace situ {
namespace {

TEST(MiniInpainterParity, PaintsThePictureThatDiffusersPaintsFromTheSameFolderAndLatents) {
  const std::filesystem::path folder = SITU_SOURCE_DIR "/models/mini-inpainter";
  const ParityFixture fixture("mini_inpainter/run");
  const nlohmann::json config = fixture.config();
  for (const auto& [file, digest] : config["weights"].items()) {
    ASSERT_EQ(sha256_of_file(folder / file), digest)
        << file << ": make the fixture again with tools/make_mini_inpainter_fixture.py";
  }
  StableDiffusionPipeline pipeline(folder, {});
  const int64_t size = pipeline.native_size();
  const DiffusionRun run{.prompt = config["run"]["prompt"],
                         .negative_prompt = config["run"]["negative_prompt"].get<std::string>(),
                         .steps = config["run"]["num_inference_steps"],
                         .guidance_scale = config["run"]["guidance_scale"],
                         .seed = 5,
                         .latents = fixture["start"]};
  const Painting painting = pipeline.inpaint(fixture["image"], fixture["mask"], size, size, run);
  expect_near(painting.latents.squeeze(0), fixture["latent"], 2e-3, "latents");
  expect_near(painting.picture.to(at::kInt), fixture["picture"].to(at::kInt), 1, "picture");
}

}  // namespace
}  // namespace situ
