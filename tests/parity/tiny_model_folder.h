// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "parity/seeded_weights.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/json_file.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/models/stable_diffusion/unet.h"

namespace situ {

inline void save_seeded(torch::nn::Module& module, const nlohmann::json& config,
                        const std::filesystem::path& folder, const char* weights) {
  std::filesystem::create_directories(folder);
  fill_with_seeded_weights(module);
  StateDict state;
  for (const auto& [key, tensor] : state_dict(module)) state[key] = tensor.detach();
  save_json(folder / "config.json", config);
  save_safetensors(folder / weights, state);
}

/// A diffusers folder of a tiny model with seeded weights, gone when this goes.
class TinyModelFolder {
 public:
  /// config: "unet", "vae", "text_encoder", "scheduler" and for SDXL "text_encoder_2", as the
  /// fixtures stable_diffusion/inpainting_run and diffusion_runs have them.
  explicit TinyModelFolder(const nlohmann::json& config) {
    namespace fs = std::filesystem;
    UNet unet(UNetConfig::from_json(config["unet"], "unet"));
    const auto vae = make_autoencoder(config["vae"], "vae");
    save_seeded(*unet, config["unet"], folder_ / "unet", "diffusion_pytorch_model.safetensors");
    save_text_encoder(config["text_encoder"], "");
    if (config.contains("text_encoder_2")) save_text_encoder(config["text_encoder_2"], "_2");
    save_seeded(vae->module(), config["vae"], folder_ / "vae",
                "diffusion_pytorch_model.safetensors");
    fs::create_directories(folder_ / "scheduler");
    save_json(folder_ / "scheduler" / "scheduler_config.json", config["scheduler"]);
    save_json(folder_ / "model_index.json", {{"_class_name", "StableDiffusionInpaintPipeline"}});
  }

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  void save_text_encoder(const nlohmann::json& config, const std::string& ending) {
    ClipTextEncoder text(ClipTextConfig::from_json(config, "text"));
    save_seeded(*text, config, folder_ / ("text_encoder" + ending), "model.safetensors");
    std::filesystem::copy(SITU_SOURCE_DIR "/models/mini-inpainter/tokenizer",
                          folder_ / ("tokenizer" + ending));
  }

  TemporaryFolder folder_;
};

}  // namespace situ
