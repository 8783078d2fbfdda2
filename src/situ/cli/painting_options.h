// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "situ/backends/stable_diffusion_pipeline.h"

namespace situ {

/// What the commands that paint with a diffusion model have in common: inpaint, imagine and edit.
struct PaintingOptions {
  std::string model;
  DiffusionModelOptions reading;
  DiffusionRun run;
  std::vector<std::string> loras;  // FILE or FILE:SCALE
  std::string vae;                 // path or model of the hub
  std::vector<std::string> words;  // FILE or FILE=TOKEN
  std::string prompt_syntax = "weighted";
  std::filesystem::path latents, output, save_latents;
  std::string rng = "torch";
  std::string device = "cpu";
  std::string dtype = "float32";
  int threads = 0;
};

/// Adds the flags of the model, the prompt, the schedule, the noise and the machine to `command`.
void add_painting_options(CLI::App& command, PaintingOptions& options);

/// --strength, for commands that start from a picture.
void add_strength_option(CLI::App& command, PaintingOptions& options);

/// Width and height of the result, which default to the model's own.
struct SizeOptions {
  std::optional<int64_t> width, height;
};
void add_size_options(CLI::App& command, SizeOptions& size, const std::string& fallback);

/// The largest size of whole latent pixels within a picture's own: {height, width}.
PixelPair whole_size(const at::Tensor& image, int64_t factor);

/// Loads the model, paints with progress on standard error, and writes what was asked for.
void paint(PaintingOptions& options,
           const std::function<Painting(StableDiffusionPipeline&, const DiffusionRun&)>& with);

}  // namespace situ
