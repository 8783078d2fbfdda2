// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>

#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/unet.h"

namespace situ {

/// How the outputs for several conditions become one.
struct Guidance {
  /// Which conditions a run's batch holds, in this order.
  enum class Kind {
    kNone,         // the prompt
    kText,         // negative prompt, prompt (Ho and Salimans 2022)
    kTextAndImage  // prompt with image, negative prompt with image, negative prompt without
                   // (InstructPix2Pix, Brooks et al. 2023)
  };
  Kind kind = Kind::kNone;
  double scale = 7.5;
  double image_scale = 1.5;  // kTextAndImage only
  /// Share of the guided output whose spread is set back to the prompt's output's [0, 1]
  /// (Lin et al. 2024, section 3.4); kText only.
  double rescale = 0;

  int64_t copies() const;
  /// Where among the copies the prompt's is.
  std::size_t prompt_copy() const;
  /// output: [copies * B, C, h, w] -> [B, C, h, w]
  at::Tensor combined(const at::Tensor& output) const;
};

/// Inpainting by a network that does not see the mask: after each step, what is known is put back,
/// noised as far as the next step expects it (Lugmayr et al. 2022, as diffusers does it).
struct KnownPixels {
  at::Tensor mask;     // [B, 1, h, w], 1 = paint
  at::Tensor latents;  // [B, C, h, w] of the whole image, without noise
  at::Tensor noise;    // [B, C, h, w] that the run started from
};

/// Ways to save time that change the picture; by default none.
struct Shortcuts {
  /// So many steps share the deep features of their first (DeepCache, Ma et al. 2024); 1: none do.
  int64_t feature_steps = 1;
  /// The stretch of the run, in shares of its steps, that is guided (Kynkäänniemi et al. 2024).
  std::array<double, 2> guidance_interval = {0, 1};
};

/// What one run of the denoiser is about. B pictures at once; `copies` is guidance.copies().
struct DenoisingTask {
  Guidance guidance = {};
  UNetCondition condition = {};    // each [copies * B, …]
  at::Tensor extra_channels = {};  // [copies * B, C', h, w] behind the latents, or undefined
  std::optional<KnownPixels> known = {};
  Shortcuts shortcuts = {};
};

/// Leads `latents` ([B, C, h, w], noised for step `first_step`) through the scheduler's remaining
/// steps. `generator` draws the noise of stochastic schedulers. on_step is called after each step
/// with its number (from 1). Throws std::invalid_argument where the channels do not add up to what
/// the network takes, and for shortcuts out of range.
at::Tensor denoise(UNet& unet, Scheduler& scheduler, const DenoisingTask& task, at::Tensor latents,
                   std::size_t first_step, at::Generator& generator,
                   const std::function<void(std::size_t)>& on_step = {});

}  // namespace situ
