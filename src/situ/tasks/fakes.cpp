// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/fakes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <stdexcept>

#include "situ/core/random.h"
#include "situ/core/tensor_check.h"
#include "situ/imaging/connected_components.h"

namespace situ::fakes {
namespace {

at::Tensor pixels_of(const at::Tensor& image, Rgb color) {
  return image[0].eq(color[0]) & image[1].eq(color[1]) & image[2].eq(color[2]);
}

// The part of the hole's bounding box that the shape occupies.
Box shape_box(const Box& hole, double share) {
  const auto side = [share](int64_t whole) {
    return std::clamp<int64_t>(std::llround(share * static_cast<double>(whole)), 1, whole);
  };
  const int64_t x0 = hole.x0 + (hole.width() - side(hole.width())) / 2;
  return {x0, hole.y1 - side(hole.height()), x0 + side(hole.width()), hole.y1};
}

at::Tensor paint(const InpaintCall& call, const Rgb& color, double share, bool round) {
  at::Tensor painted = call.image.clone(at::MemoryFormat::Contiguous);
  const std::optional<Box> hole = bounding_box(call.mask);
  if (!hole) return painted;
  const Box box = shape_box(*hole, share);
  const double center_x = 0.5 * static_cast<double>(box.x0 + box.x1);
  const double center_y = 0.5 * static_cast<double>(box.y0 + box.y1);
  auto pixels = painted.accessor<uint8_t, 3>();
  for (int64_t y = box.y0; y < box.y1; ++y) {
    for (int64_t x = box.x0; x < box.x1; ++x) {
      const double u =
          (static_cast<double>(x) + 0.5 - center_x) * 2 / static_cast<double>(box.width());
      const double v =
          (static_cast<double>(y) + 0.5 - center_y) * 2 / static_cast<double>(box.height());
      if (round && u * u + v * v > 1) continue;
      for (int64_t c = 0; c < 3; ++c) pixels[c][y][x] = color[static_cast<size_t>(c)];
    }
  }
  return painted;
}

// [N, 2] to [N, 4]
at::Tensor squares_around(const at::Tensor& points) { return at::cat({points - 1, points + 2}, 1); }

}  // namespace

Painter paint_rectangle(Rgb color, double share) {
  return [=](const InpaintCall& call) { return paint(call, color, share, false); };
}

Painter paint_disc(Rgb color, double share) {
  return [=](const InpaintCall& call) { return paint(call, color, share, true); };
}

Painter paint_nothing() {
  return [](const InpaintCall& call) { return call.image.clone(at::MemoryFormat::Contiguous); };
}

Painter paint_noise() {
  return [](const InpaintCall& call) {
    const at::Tensor noise = noisy_scene(call.image.size(1), call.image.size(2), call.seed);
    return at::where(call.mask, noise, call.image);
  };
}

Painter fail_to_paint(std::string message) {
  return [message = std::move(message)](const InpaintCall&) -> at::Tensor {
    throw std::runtime_error(message);
  };
}

Painter paint_in_turn(std::vector<Painter> painters) {
  return [painters = std::move(painters),
          next = std::make_shared<size_t>(0)](const InpaintCall& call) {
    const size_t turn = std::min((*next)++, painters.size() - 1);
    return painters[turn](call);
  };
}

at::Tensor FakeInpainter::inpaint(const at::Tensor& image, const at::Tensor& mask,
                                  const std::string& prompt, const InpaintingOptions& options,
                                  uint64_t seed) {
  check_image(image, "FakeInpainter: image");
  check_mask(mask, "FakeInpainter: mask");
  calls_.push_back({image, mask, prompt, options, seed});
  return painter_(calls_.back());
}

Finder find_color(std::map<std::string, Rgb> color_of_prompt) {
  return [colors = std::move(color_of_prompt)](const SegmentCall& call) -> std::vector<Detection> {
    const auto color = colors.find(call.prompt);
    if (color == colors.end())
      throw UnknownPrompt("find_color: unknown prompt '" + call.prompt + "'");
    const at::Tensor mask = pixels_of(call.image, color->second);
    const std::optional<Box> box = bounding_box(mask);
    if (!box) return {};
    return {{.phrase = call.prompt, .score = 0.9, .box = *box, .mask = mask}};
  };
}

Finder find_nothing() {
  return [](const SegmentCall&) { return std::vector<Detection>(); };
}

Finder fail_to_find(std::string message) {
  return [message = std::move(message)](const SegmentCall&) -> std::vector<Detection> {
    throw std::runtime_error(message);
  };
}

std::vector<Detection> FakeSegmenter::segment(const at::Tensor& image, const std::string& prompt) {
  check_image(image, "FakeSegmenter: image");
  calls_.push_back({image, prompt});
  return finder_(calls_.back());
}

BoxFinder give_boxes(std::vector<DetectedBox> boxes) {
  return [boxes = std::move(boxes)](const DetectCall&) { return boxes; };
}

BoxFinder boxes_of_color(Rgb color, double min_share) {
  return [=](const DetectCall& call) {
    const double least = min_share * static_cast<double>(call.image.size(1));
    std::vector<DetectedBox> found;
    const at::Tensor pixels = pixels_of(call.image, color);
    for (const Component& one : connected_components(pixels, Connectivity::kEight).components) {
      if (static_cast<double>(one.box.height()) < least) continue;
      found.push_back({.phrase = call.prompt, .score = 0.9, .box = float_box(one.box)});
    }
    return found;
  };
}

std::vector<DetectedBox> FakeDetector::detect(const at::Tensor& image, const std::string& prompt,
                                              const DetectionOptions& options) {
  check_image(image, "FakeDetector: image");
  calls_.push_back({image, prompt, options});
  return finder_(calls_.back());
}

void FakePromptableSegmenter::set_image(const at::Tensor& image) {
  check_image(image, "FakePromptableSegmenter: image");
  image_ = image;
  ++images_;
}

PromptedMasks FakePromptableSegmenter::predict(const SegmentPrompts& prompts, bool multimask) {
  ++predictions_;
  const at::Tensor boxes =
      prompts.boxes.defined() ? prompts.boxes : squares_around(prompts.points.select(1, 0));
  const int64_t count = boxes.size(0), each = multimask ? 3 : 1;
  const int64_t height = image_.size(1), width = image_.size(2);
  PromptedMasks predicted;
  predicted.masks = at::zeros({count, each, height, width}, at::kBool);
  predicted.predicted_iou = (0.8 - 0.1 * at::arange(each, at::kFloat)).expand({count, each});
  predicted.logits = at::zeros({count, each, 256, 256});
  for (int64_t i = 0; i < count; ++i) {
    const auto at = [&](int64_t k) { return boxes[i][k].item<double>(); };
    const Box box = touched_pixels({at(0), at(1), at(2), at(3)}, height, width);
    predicted.masks[i].narrow(1, box.y0, box.height()).narrow(2, box.x0, box.width()).fill_(true);
  }
  return predicted;
}

at::Tensor plain_scene(int64_t height, int64_t width, Rgb color) {
  at::Tensor scene = at::empty({3, height, width}, at::kByte);
  for (int64_t c = 0; c < 3; ++c) scene[c].fill_(color[static_cast<size_t>(c)]);
  return scene;
}

at::Tensor noisy_scene(int64_t height, int64_t width, uint64_t seed) {
  at::Tensor scene = at::empty({3, height, width}, at::kByte);
  Random random(seed);
  uint8_t* pixels = scene.data_ptr<uint8_t>();
  for (int64_t i = 0; i < scene.numel(); ++i) pixels[i] = static_cast<uint8_t>(random.bits() >> 56);
  return scene;
}

}  // namespace situ::fakes
