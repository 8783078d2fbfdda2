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
  double default_strength = 1;

  static constexpr auto fields() {
    using T = InpainterTrainingOptions;
    return std::tuple{
        field("cached_crops", &T::cached_crops, "composed crops encoded once before training"),
        field("drop_prompt", &T::drop_prompt, "share of samples with an empty prompt [0, 1]"),
        field("outside_weight", &T::outside_weight,
              "weight of the loss outside the hole; inside it is 1"),
        field("object_weight", &T::object_weight, "weight of the loss on the object's own pixels"),
        field("snr_limit", &T::snr_limit, "cap of 1 + signal-to-noise ratio in the loss weight"),
        field("sample_guidance", &T::sample_guidance,
              "guidance scale of the sample sheet, and the finished model's default"),
        field("sample_steps", &T::sample_steps, "denoising steps of the sample sheet"),
        field("default_strength", &T::default_strength,
              "strength that the finished model asks for; below 1 its cut-outs come with it, and "
              "painting starts from one (0 to 1]")};
  }
  void validate() const;
};

/// One name of the vocabulary.
struct InpainterObject {
  std::vector<std::string> phrases;  // the prompts that mean it, the name first
  // Pictures that the finished model may start from: uint8 [4, h, w], colours multiplied with
  // alpha.
  std::vector<at::Tensor> cutouts = {};
  bool airborne = false;
};

/// What the denoiser is built from and trained on.
struct InpainterSetup {
  std::filesystem::path autoencoder_folder;    // a vae/ folder, copied into the model
  std::filesystem::path tokenizer_folder;      // a tokenizer/ folder, copied into the model
  nlohmann::ordered_json unet_config;          // contents of unet/config.json
  nlohmann::ordered_json text_encoder_config;  // contents of text_encoder/config.json
  nlohmann::ordered_json scheduler_config;     // contents of scheduler/scheduler_config.json
  std::vector<InpainterObject> objects;        // in the order of the vocabulary
};

/// Trains UNet and text encoder together on composed crops, with the truncated SNR + 1 weights of
/// Salimans and Ho (2022). The UNet predicts what the scheduler's `prediction_type` says: `sample`,
/// which a small network learns fastest since most of it stands in the masked latents, or
/// `v_prediction`. The model folder is that of diffusers' StableDiffusionInpaintPipeline. Throws
/// DataError or FileError for a broken setup.
std::unique_ptr<TrainingTask> make_inpainter_training(const CropComposer& composer,
                                                      const InpainterSetup& setup,
                                                      const InpainterTrainingOptions& options);

}  // namespace situ
