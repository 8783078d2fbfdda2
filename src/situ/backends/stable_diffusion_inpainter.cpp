// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/stable_diffusion_inpainter.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "situ/backends/prompt_vocabulary.h"
#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/backends/start_cutouts.h"
#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

// With few steps a small strength, which may be the model's and not the user's, leaves not one.
double with_one_step(const InpaintingOptions& options) {
  const auto steps = static_cast<double>(options.steps);
  if (std::floor(steps * options.strength) >= 1) return options.strength;
  return std::min(1.0, std::nextafter(1.0 / steps, 2.0));
}

std::optional<std::string> given(const std::string& negative_prompt) {
  return negative_prompt.empty() ? std::nullopt : std::optional(negative_prompt);
}

class StableDiffusionInpainter : public Inpainter {
 public:
  StableDiffusionInpainter(const std::filesystem::path& folder, const Compute& compute,
                           const DiffusionModelOptions& reading)
      : name_(folder.filename().string()),
        vocabulary_(PromptVocabulary::from_folder(folder)),
        cutouts_(vocabulary_ ? StartCutouts(vocabulary_->names()) : StartCutouts()),
        pipeline_(folder, compute, reading) {}

  void require_known(const std::string& prompt) const override {
    if (vocabulary_) vocabulary_->require_known(prompt, name_);
  }

  PaintingStart start_of(const std::string& prompt,
                         const InpaintingOptions& options) const override {
    if (with_one_step(options) == 1) return PaintingStart::kNoise;
    return cutouts_.know(prompt) ? PaintingStart::kCutout : PaintingStart::kPicture;
  }

  at::Tensor inpaint(const at::Tensor& image, const at::Tensor& mask, const std::string& prompt,
                     const InpaintingOptions& options, uint64_t seed) override {
    check_image(image, "StableDiffusionInpainter: image");
    check_mask(mask, "StableDiffusionInpainter: mask");
    require_known(prompt);
    const int64_t size = pipeline_.native_size();
    at::Tensor picture = resize(image, size, size, Interpolation::kLanczos);
    const at::Tensor hole =
        resize(mask.to(at::kByte).mul(255), size, size, Interpolation::kBicubic).gt(0);
    if (start_of(prompt, options) == PaintingStart::kCutout) {
      picture = cutouts_.start(picture, hole, prompt, seed);
    }
    const DiffusionRun run{.prompt = prompt,
                           .negative_prompt = given(options.negative_prompt),
                           .steps = options.steps,
                           .guidance_scale = options.guidance_scale,
                           .scheduler = enum_name(options.scheduler),
                           .strength = with_one_step(options),
                           .seed = seed};
    const Painting painting =
        pipeline_.kind() == DenoiserKind::kImageLatents
            ? pipeline_.edit(picture, size, size, run)
            : pipeline_.inpaint(picture, hole.to(at::kByte).mul(255), size, size, run);
    return resize(painting.picture, image.size(1), image.size(2), Interpolation::kBicubic);
  }

 private:
  std::string name_;
  std::optional<PromptVocabulary> vocabulary_;
  StartCutouts cutouts_;
  StableDiffusionPipeline pipeline_;
};

}  // namespace

std::unique_ptr<Inpainter> load_stable_diffusion_inpainter(const std::filesystem::path& folder,
                                                           const Compute& compute,
                                                           const DiffusionModelOptions& reading) {
  return std::make_unique<StableDiffusionInpainter>(folder, compute, reading);
}

}  // namespace situ
