// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "situ/core/options.h"
#include "situ/training/composition/crop_composer.h"
#include "situ/training/trainer.h"

namespace situ {

/// How the denoiser of the small inpainter is trained.
struct InpainterTrainingOptions {
  int64_t cached_crops = 20000;
  double drop_prompt = 0.1;
  double outside_weight = 0.1;
  double object_weight = 2.0;
  double snr_limit = 5;
  double sample_guidance = 3;
  int64_t sample_steps = 20;

  static constexpr auto fields() {
    using T = InpainterTrainingOptions;
    return std::tuple{
        field("cached_crops", &T::cached_crops, "composed crops encoded once before training"),
        field("drop_prompt", &T::drop_prompt, "share of samples with an empty prompt [0, 1]"),
        field("outside_weight", &T::outside_weight,
              "weight of the loss outside the hole; inside it is 1"),
        field("object_weight", &T::object_weight, "weight of the loss on the object's own pixels"),
        field("snr_limit", &T::snr_limit,
              "cap of the signal-to-noise ratio in the loss weight (min-SNR)"),
        field("sample_guidance", &T::sample_guidance, "guidance scale of the sample sheet"),
        field("sample_steps", &T::sample_steps, "denoising steps of the sample sheet")};
  }
  void validate() const;
};

/// What the denoiser is built from and trained on.
struct InpainterSetup {
  std::filesystem::path autoencoder_folder;    // a vae/ folder, copied into the model
  std::filesystem::path tokenizer_folder;      // a tokenizer/ folder, copied into the model
  nlohmann::ordered_json unet_config;          // contents of unet/config.json
  nlohmann::ordered_json text_encoder_config;  // contents of text_encoder/config.json
  nlohmann::ordered_json scheduler_config;     // contents of scheduler/scheduler_config.json
  std::vector<std::vector<std::string>>
      phrases;  // for each vocabulary name, the prompts that mean it
};

/// Trains UNet and text encoder together on composed crops, v-prediction with min-SNR weights
/// (Hang et al. 2023). The model folder is that of diffusers' StableDiffusionInpaintPipeline.
std::unique_ptr<TrainingTask> make_inpainter_training(const CropComposer& composer,
                                                      const InpainterSetup& setup,
                                                      const InpainterTrainingOptions& options);

}  // namespace situ
