// SPDX-License-Identifier: Apache-2.0
// A whole run, 50 PNDM steps, against diffusers' StableDiffusionInpaintPipeline.
#include <gtest/gtest.h>

#include <filesystem>

#include "parity/seeded_weights.h"
#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

void save_seeded(torch::nn::Module& module, const nlohmann::json& config, const fs::path& folder,
                 const char* weights) {
  fs::create_directories(folder);
  fill_with_seeded_weights(module);
  StateDict state;
  for (const auto& [key, tensor] : state_dict(module)) state[key] = tensor.detach();
  save_json(folder / "config.json", config);
  save_safetensors(folder / weights, state);
}

/// The tiny model that the fixture was made with, as a diffusers folder.
class ModelFolder {
 public:
  explicit ModelFolder(const nlohmann::json& config) {
    char name[] = "/tmp/situ_inpainting_run_XXXXXX";
    path_ = mkdtemp(name);
    UNet unet(UNetConfig::from_json(config["unet"], "unet"));
    ClipTextEncoder text(ClipTextConfig::from_json(config["text_encoder"], "text"));
    const auto vae = make_autoencoder(config["vae"], "vae");
    save_seeded(*unet, config["unet"], path_ / "unet", "diffusion_pytorch_model.safetensors");
    save_seeded(*text, config["text_encoder"], path_ / "text_encoder", "model.safetensors");
    save_seeded(vae->module(), config["vae"], path_ / "vae", "diffusion_pytorch_model.safetensors");
    fs::create_directories(path_ / "scheduler");
    save_json(path_ / "scheduler" / "scheduler_config.json", config["scheduler"]);
    save_json(path_ / "model_index.json", {{"_class_name", "StableDiffusionInpaintPipeline"}});
    fs::copy(SITU_SOURCE_DIR "/models/mini-inpainter/tokenizer", path_ / "tokenizer");
  }
  ~ModelFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(InpaintingRunParity, EndsInTheLatentsAndThePictureOfDiffusers) {
  const ParityFixture fixture("stable_diffusion/inpainting_run");
  const nlohmann::json config = fixture.config();
  const ModelFolder folder(config);
  StableDiffusionPipeline pipeline(folder.path(), {});
  InpaintingRun run{.prompt = config["run"]["prompt"],
                    .negative_prompt = config["run"]["negative_prompt"],
                    .steps = config["run"]["num_inference_steps"],
                    .guidance_scale = config["run"]["guidance_scale"],
                    .seed = 9};
  const int64_t height = config["run"]["height"];
  const int64_t width = config["run"]["width"];
  for (const std::string start : {"drawn", "given"}) {
    if (start == "given") run.latents = fixture["start"];
    const at::Tensor latents =
        pipeline.inpaint_latents(fixture["image"], fixture["mask"], height, width, run);
    expect_near(latents.squeeze(0), fixture[start + "_latent"], 2e-3, start + " latents");
    const at::Tensor picture = pipeline.inpaint(fixture["image"], fixture["mask"], height, width, run);
    expect_near(picture.to(at::kInt), fixture[start + "_np"].to(at::kInt), 1, start + " picture");
  }
}

}  // namespace
}  // namespace situ
