// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/diffusion_images.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/imaging/resize.h"

namespace situ {

at::Tensor model_image(const at::Tensor& image, int64_t height, int64_t width) {
  const at::Tensor resized = resize(image, height, width, Interpolation::kLanczos);
  return resized.unsqueeze(0).to(at::kFloat).div(255).mul(2).sub(1);
}

at::Tensor model_mask(const at::Tensor& mask, int64_t height, int64_t width) {
  const at::Tensor resized = resize(mask, height, width, Interpolation::kLanczos);
  return resized.unsqueeze(0).unsqueeze(0).to(at::kFloat).div(255).ge(0.5).to(at::kFloat);
}

at::Tensor picture_from(const at::Tensor& decoded) {
  const at::Tensor planes = decoded.squeeze(0).flatten(1);  // [3, H * W]
  const bool has_detail = planes.size(1) > 1;
  if (has_detail && planes.eq(planes.slice(1, 0, 1)).all().item<bool>()) {
    throw std::runtime_error(
        "the decoded picture has one colour only: the autoencoder's weights are broken, or its "
        "numbers overflowed (use bfloat16 or float32 instead of float16)");
  }
  return decoded.squeeze(0).div(2).add(0.5).clamp(0, 1).mul(255).round().to(at::kByte).contiguous();
}

}  // namespace situ
