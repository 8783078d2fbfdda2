// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_image.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"

namespace situ {

namespace {

void check_sizes(std::int64_t height, std::int64_t width, std::int64_t square) {
  if (height >= 1 && width >= 1 && square >= 1) return;
  throw std::invalid_argument("SamFrame: expected positive sizes, got " + std::to_string(height) +
                              " x " + std::to_string(width));
}

}  // namespace

SamFrame SamFrame::stretched_over(std::int64_t height, std::int64_t width, std::int64_t square) {
  check_sizes(height, width, square);
  return {.side = square,
          .height = height,
          .width = width,
          .seen_height = square,
          .seen_width = square,
          .stretched = true};
}

SamFrame SamFrame::of(std::int64_t height, std::int64_t width, std::int64_t square) {
  check_sizes(height, width, square);
  const double scale = static_cast<double>(square) / static_cast<double>(std::max(height, width));
  const auto seen = [scale](std::int64_t side) {
    return std::max<std::int64_t>(
        1, static_cast<std::int64_t>(static_cast<double>(side) * scale + 0.5));
  };
  return {.side = square,
          .height = height,
          .width = width,
          .seen_height = seen(height),
          .seen_width = seen(width)};
}

at::Tensor sam_pixels(const at::Tensor& image, const SamFrame& frame,
                      const SamImageOptions& options) {
  check_image(image, "sam_pixels: image");
  const at::Tensor seen =
      resize(image.cpu(), frame.seen_height, frame.seen_width, Interpolation::kBilinear);
  const auto channels = [](const std::array<float, 3>& values) {
    return at::tensor(std::vector<float>(values.begin(), values.end())).view({3, 1, 1});
  };
  const at::Tensor normed =
      (seen.to(at::kFloat) / 255 - channels(options.mean)) / channels(options.deviation);
  return at::constant_pad_nd(normed,
                             {0, frame.side - frame.seen_width, 0, frame.side - frame.seen_height})
      .unsqueeze(0);
}

at::Tensor to_square(const at::Tensor& places, const SamFrame& frame) {
  const auto ratio = [](std::int64_t seen, std::int64_t side) {
    return static_cast<double>(seen) / static_cast<double>(side);
  };
  const at::Tensor scale = at::tensor(
      {ratio(frame.seen_width, frame.width), ratio(frame.seen_height, frame.height)}, at::kDouble);
  return (places.to(at::kDouble) * scale.to(places.device())).to(at::kFloat);
}

at::Tensor picture_masks(const at::Tensor& logits, const SamFrame& frame) {
  const auto resized = [](const at::Tensor& x, std::int64_t height, std::int64_t width) {
    return at::upsample_bilinear2d(x, {height, width}, /*align_corners=*/false);
  };
  // One thing at a time: many of them at full size would be gigabytes.
  std::vector<at::Tensor> masks;
  for (const at::Tensor& one : logits.split(1)) {
    const at::Tensor seen = frame.stretched ? one
                                            : resized(one, frame.side, frame.side)
                                                  .slice(2, 0, frame.seen_height)
                                                  .slice(3, 0, frame.seen_width);
    masks.push_back(resized(seen, frame.height, frame.width).gt(0));
  }
  return at::cat(masks);
}

}  // namespace situ
