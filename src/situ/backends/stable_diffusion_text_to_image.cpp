// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/stable_diffusion_text_to_image.h"

namespace situ {

at::Tensor StableDiffusionTextToImage::imagine(const std::string& prompt,
                                               const InpaintingOptions& options, uint64_t seed) {
  DiffusionRun run;
  run.prompt = prompt;
  if (!options.negative_prompt.empty()) run.negative_prompt = options.negative_prompt;
  run.steps = options.steps;
  run.guidance_scale = options.guidance_scale;
  run.scheduler = enum_name(options.scheduler);
  run.seed = seed;
  const int64_t side = pipeline_.native_size();
  return pipeline_.imagine(side, side, run).picture;
}

}  // namespace situ
