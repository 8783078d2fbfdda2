// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/image_preparation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

// float32 [256, 3]: what each byte of each channel becomes, rounded as upstream rounds.
at::Tensor normalised_bytes(DinoProcessing processing, const DinoImageOptions& options) {
  const at::Tensor table = at::empty({256, 3}, at::kFloat);
  for (int value = 0; value < 256; ++value) {
    const float scaled = processing == DinoProcessing::kOriginal
                             ? static_cast<float>(value) / 255.0F
                             : static_cast<float>(value * (1 / 255.0));
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float result = (scaled - options.mean[channel]) / options.deviation[channel];
      table.data_ptr<float>()[3 * value + static_cast<int>(channel)] = result;
    }
  }
  return table;
}

}  // namespace

DinoImageSize detector_size(const DinoImageSize& image, DinoProcessing processing,
                            const DinoImageOptions& options) {
  if (image.height < 1 || image.width < 1 || options.shortest_edge < 1 ||
      options.longest_edge < 1) {
    throw std::invalid_argument("detector_size: expected sizes of 1 or more, got a picture of " +
                                std::to_string(image.width) + " x " + std::to_string(image.height));
  }
  const auto height = static_cast<double>(image.height), width = static_cast<double>(image.width);
  const double shorter = std::min(height, width), longer = std::max(height, width);
  std::int64_t edge = options.shortest_edge;
  std::optional<double> unrounded;  // where the longer side decides
  if (longer / shorter * static_cast<double>(edge) > static_cast<double>(options.longest_edge)) {
    unrounded = static_cast<double>(options.longest_edge) * shorter / longer;
    edge = std::llrint(*unrounded);  // half to even, as Python's round
  }
  if (std::min(image.height, image.width) == edge) return image;
  const bool exact = processing == DinoProcessing::kTransformers && unrounded;
  const double scale = exact ? *unrounded : static_cast<double>(edge);
  const DinoImageSize size =
      image.width < image.height
          ? DinoImageSize{static_cast<std::int64_t>(scale * height / width), edge}
          : DinoImageSize{edge, static_cast<std::int64_t>(scale * width / height)};
  if (size.height < 1 || size.width < 1) {
    throw std::invalid_argument("detector_size: expected a picture with a shorter side, got " +
                                std::to_string(image.width) + " x " + std::to_string(image.height) +
                                ", of which nothing would be left");
  }
  return size;
}

at::Tensor detector_pixels(const at::Tensor& image, DinoProcessing processing,
                           const DinoImageOptions& options) {
  check_image(image, "detector_pixels: image");
  const DinoImageSize size = detector_size({image.size(1), image.size(2)}, processing, options);
  const at::Tensor resized = resize(image.cpu(), size.height, size.width, Interpolation::kBilinear);
  const at::Tensor table = normalised_bytes(processing, options);
  std::vector<at::Tensor> channels;
  for (int64_t c = 0; c < 3; ++c) {
    const at::Tensor bytes = resized[c].to(at::kInt).flatten();
    channels.push_back(table.select(1, c).index_select(0, bytes).view({size.height, size.width}));
  }
  return at::stack(channels);
}

}  // namespace situ
