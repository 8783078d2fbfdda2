// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/backends/textual_inversion.h"
#include "situ/nn/state_dict.h"
#include "situ/tokenizers/clip_tokenizer.h"

namespace situ {

/// One network of a published model: its configuration and tensors, with the keys of diffusers and
/// transformers, and the files that messages name.
struct ModelPart {
  nlohmann::json config = {};
  std::string config_file = {};
  StateDict weights = {};  // memory-mapped
  std::string weights_file = {};
};

struct TextModelPart {
  ModelPart encoder;
  ClipTokenizer tokenizer;
};

/// What a published diffusion model consists of, whichever layout it came in.
struct DiffusionModelFiles {
  ModelPart unet;
  ModelPart vae;
  std::vector<TextModelPart> text;  // one; SDXL two
  nlohmann::json scheduler = {};
  std::string scheduler_file = {};
  bool requires_aesthetics_score = false;    // SDXL's refiner-like time ids
  bool force_zeros_for_empty_prompt = true;  // SDXL without a negative prompt
};

/// A LoRA that is merged into the weights.
struct LoraFile {
  std::filesystem::path path;
  double scale = 1;
};

/// How a model is read.
struct DiffusionModelOptions {
  std::vector<LoraFile> loras = {};
  std::vector<TextualInversionFile> words = {};  // that prompts may use
  // For single files: a diffusers folder whose configurations and tokenizers are taken, and what
  // the denoiser predicts, where the file's own shapes do not tell.
  std::filesystem::path config = {};
  std::optional<std::string> prediction_type = {};
  /// One painting only: the memory of the text encoders is given back once the prompts are read,
  /// that of the denoiser before the picture is decoded.
  bool single_use = false;
  bool tiled_vae = false;          // pictures larger than the autoencoder was made for, in tiles
  std::string variant = {};        // "fp16" prefers those files; others are taken where it lacks
  std::filesystem::path vae = {};  // another autoencoder, as read_autoencoder takes it
};

/// Reads a diffusers folder (model_index.json, unet/, vae/, text_encoder/, tokenizer/, scheduler/,
/// and for SDXL text_encoder_2/ and tokenizer_2/), or a single file in the original layout
/// (.safetensors, .ckpt), whose tokenizer is the one of CLIP that ships with situ. Throws FileError
/// or DataError naming file and reason.
DiffusionModelFiles read_diffusion_model(const std::filesystem::path& path,
                                         const DiffusionModelOptions& options = {});

}  // namespace situ
