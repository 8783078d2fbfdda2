// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "situ/tasks/inpainter.h"
#include "situ/tasks/open_vocabulary_segmenter.h"
#include "situ/tasks/promptable_segmenter.h"
#include "situ/tasks/text_detector.h"

/// Stand-ins for the networks, for tests: exact, instant, and they remember their calls.
namespace situ::fakes {

using Rgb = std::array<uint8_t, 3>;

/// One call of an inpainter; the tensors are the caller's, not copies.
struct InpaintCall {
  at::Tensor image;
  at::Tensor mask;
  std::string prompt;
  InpaintingOptions options;
  uint64_t seed = 0;
};

/// From a call to the painted image.
using Painter = std::function<at::Tensor(const InpaintCall&)>;

/// Paints a solid rectangle at the bottom of the hole: `share` of its width and height [0, 1],
/// centred.
Painter paint_rectangle(Rgb color, double share = 0.6);
/// Paints the ellipse that fits into that rectangle: a disc where the hole is square.
Painter paint_disc(Rgb color, double share = 0.6);
/// Returns the image as it came.
Painter paint_nothing();
/// Fills the hole with noise of the call's seed.
Painter paint_noise();
/// Throws std::runtime_error(message).
Painter fail_to_paint(std::string message);
/// Uses one painter a call, the last one from then on.
Painter paint_in_turn(std::vector<Painter> painters);

class FakeInpainter : public Inpainter {
 public:
  explicit FakeInpainter(Painter painter) : painter_(std::move(painter)) {}

  at::Tensor inpaint(const at::Tensor& image, const at::Tensor& mask, const std::string& prompt,
                     const InpaintingOptions& options, uint64_t seed) override;

  const std::vector<InpaintCall>& calls() const { return calls_; }

 private:
  Painter painter_;
  std::vector<InpaintCall> calls_;
};

/// One call of a segmenter.
struct SegmentCall {
  at::Tensor image;
  std::string prompt;
};

/// From a call to what is found.
using Finder = std::function<std::vector<Detection>(const SegmentCall&)>;

/// Finds the pixels of exactly the prompt's colour, as one detection of score 0.9.
/// A prompt without a colour throws UnknownPrompt.
Finder find_color(std::map<std::string, Rgb> color_of_prompt);
/// Finds nothing.
Finder find_nothing();
/// Throws std::runtime_error(message).
Finder fail_to_find(std::string message);

class FakeSegmenter : public OpenVocabularySegmenter {
 public:
  explicit FakeSegmenter(Finder finder) : finder_(std::move(finder)) {}

  std::vector<Detection> segment(const at::Tensor& image, const std::string& prompt) override;

  const std::vector<SegmentCall>& calls() const { return calls_; }

 private:
  Finder finder_;
  std::vector<SegmentCall> calls_;
};

/// One call of a detector.
struct DetectCall {
  at::Tensor image;
  std::string prompt;
  DetectionOptions options;
};

/// From a call to the boxes.
using BoxFinder = std::function<std::vector<DetectedBox>(const DetectCall&)>;

/// Gives the same boxes for every image.
BoxFinder give_boxes(std::vector<DetectedBox> boxes);
/// Finds the connected parts of a colour whose height is at least that share of the image's, with
/// the prompt as phrase and score 0.9.
BoxFinder boxes_of_color(Rgb color, double min_share);

class FakeDetector : public TextDetector {
 public:
  explicit FakeDetector(BoxFinder finder) : finder_(std::move(finder)) {}

  std::vector<DetectedBox> detect(const at::Tensor& image, const std::string& prompt,
                                  const DetectionOptions& options) override;

  const std::vector<DetectCall>& calls() const { return calls_; }

 private:
  BoxFinder finder_;
  std::vector<DetectCall> calls_;
};

/// Outlines each box by its own pixels, and around each point a square of 3 x 3 pixels, with
/// predicted IoUs of 0.8, and 0.1 less for each further one of several masks.
class FakePromptableSegmenter : public PromptableSegmenter {
 public:
  void set_image(const at::Tensor& image) override;
  PromptedMasks predict(const SegmentPrompts& prompts, bool multimask) override;

  int images() const { return images_; }
  int predictions() const { return predictions_; }

 private:
  at::Tensor image_;
  int images_ = 0;
  int predictions_ = 0;
};

/// A scene of one colour, uint8 [3, height, width].
at::Tensor plain_scene(int64_t height, int64_t width, Rgb color);
/// A scene of noise, uint8 [3, height, width].
at::Tensor noisy_scene(int64_t height, int64_t width, uint64_t seed);

}  // namespace situ::fakes
