// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/inpainting.h"

#include <ATen/ATen.h>

namespace situ {

at::Tensor denoise_inpainting(UNet& unet, Scheduler& scheduler,
                              const InpaintingCondition& condition, at::Tensor latents,
                              std::size_t first_step,
                              const std::function<void(std::size_t)>& on_step) {
  const bool guided = condition.negative_text.defined() && condition.guidance_scale > 1;
  // Both halves of classifier-free guidance run as one batch, the unconditional one first.
  const int64_t copies = guided ? 2 : 1;
  const at::Tensor text =
      guided ? at::cat({condition.negative_text, condition.text}) : condition.text;
  const at::Tensor known =
      at::cat({condition.mask, condition.masked_image_latents}, 1).repeat({copies, 1, 1, 1});

  const std::vector<int64_t>& timesteps = scheduler.timesteps();
  for (std::size_t i = first_step; i < timesteps.size(); ++i) {
    const at::Tensor input = at::cat({latents.repeat({copies, 1, 1, 1}), known}, 1);
    const at::Tensor time =
        at::full({input.size(0)}, timesteps[i], latents.options().dtype(at::kLong));
    at::Tensor output = unet(input, time, text);
    if (guided) {
      const std::vector<at::Tensor> halves = output.chunk(2);
      output = halves[0] + condition.guidance_scale * (halves[1] - halves[0]);
    }
    latents = scheduler.step(output, timesteps[i], latents);
    if (on_step) on_step(i + 1 - first_step);
  }
  return latents;
}

}  // namespace situ
