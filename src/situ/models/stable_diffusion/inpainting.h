// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/unet.h"

namespace situ {

/// What one run of the denoiser is conditioned on. B pictures at once.
struct InpaintingCondition {
  at::Tensor text;           // [B, T, D] of the prompts
  at::Tensor negative_text;  // [B, T, D]; undefined switches classifier-free guidance off
  double guidance_scale = 7.5;
  at::Tensor mask;                  // [B, 1, h, w], 1 = paint
  at::Tensor masked_image_latents;  // [B, C, h, w]
};

/// Denoises `latents` ([B, C, h, w], already noised for timesteps[first_step]) with a UNet that
/// takes latents, mask and masked latents (9 channels for C = 4), as diffusers'
/// StableDiffusionInpaintPipeline does. on_step is called after each step with its number (from 1).
at::Tensor denoise_inpainting(UNet& unet, Scheduler& scheduler,
                              const InpaintingCondition& condition, at::Tensor latents,
                              std::size_t first_step,
                              const std::function<void(std::size_t)>& on_step = {});

}  // namespace situ
