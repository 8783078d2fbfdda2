// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/segment_anything_predictor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "situ/backends/checkpoint_kind.h"
#include "situ/backends/image_preparation_file.h"
#include "situ/backends/model_files.h"
#include "situ/backends/placed_network.h"
#include "situ/backends/segment_anything_2_files.h"
#include "situ/backends/segment_anything_keys.h"
#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/io/json_file.h"
#include "situ/models/mobile_sam/mobile_sam.h"
#include "situ/models/segment_anything/sam_image.h"
#include "situ/models/segment_anything/segment_anything.h"
#include "situ/models/segment_anything_2/segment_anything_2.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kThingsAtOnce = 32;  // bounds the decoder's memory

/// A network's files. Config: SamConfig, MobileSamConfig or Sam2Config.
template <class Config>
struct SamFiles {
  Config config;
  ModelPart part = {};
  SamImageOptions image = {};
};

template <class Config>
SamFiles<Config> read_folder(const fs::path& folder, const nlohmann::json& config,
                             CheckpointKind kind) {
  SamFiles<Config> files{.config = Config::from_json(config, (folder / "config.json").string())};
  files.part.weights_file = weights_file(folder, "model").string();
  files.part.weights = load_weights(folder, "model");
  require_kind(files.part.weights, kind, files.part.weights_file);
  const ImagePreparation preparation = read_image_preparation(folder);
  if (preparation.mean) files.image.mean = *preparation.mean;
  if (preparation.deviation) files.image.deviation = *preparation.deviation;
  return files;
}

using FrameOf = SamFrame (*)(std::int64_t height, std::int64_t width, std::int64_t square);

/// Network: SegmentAnything, MobileSam or SegmentAnything2.
template <class Network>
class SegmentAnythingPredictor : public PromptableSegmenter {
 public:
  template <class Config>
  SegmentAnythingPredictor(SamFiles<Config> files, FrameOf frame_of, const Compute& compute)
      : compute_(compute),
        image_options_(files.image),
        frame_of_(frame_of),
        network_(made(files.config, compute)) {
    // Prompts and masks cost little, and eight bits are too few for outlines.
    load_placed(*network_, files.part, compute,
                {"shared_image_embedding", "prompt_encoder", "mask_decoder"});
  }

  void set_image(const at::Tensor& image) override {
    check_image(image, "SegmentAnything: image");
    if (image_.defined() && image_.sizes() == image.sizes() && image_.equal(image)) return;
    const c10::InferenceMode inference;
    const SamFrame frame =
        frame_of_(image.size(1), image.size(2), network_->config().vision.image_size);
    const at::Tensor pixels = sam_pixels(image, frame, image_options_);
    features_ = network_->encode_image(pixels.to(compute_.device, compute_.dtype));
    frame_ = frame;  // the three belong together: none changes where encoding throws
    image_ = image.clone();
  }

  PromptedMasks predict(const SegmentPrompts& prompts, bool multimask) override {
    if (!image_.defined()) throw std::logic_error("SegmentAnything: predict before set_image");
    check(prompts);
    const c10::InferenceMode inference;
    const SamPrompts all = in_square(prompts);
    const std::int64_t things = (all.boxes.defined() ? all.boxes : all.points).size(0);
    std::vector<at::Tensor> masks, ious, logits;
    for (std::int64_t begin = 0; begin < things; begin += kThingsAtOnce) {
      const std::int64_t count = std::min(kThingsAtOnce, things - begin);
      const SamMasks some = network_->decode(features_, part_of(all, begin, count), multimask);
      logits.push_back(some.logits.cpu());
      ious.push_back(some.predicted_iou.cpu());
      masks.push_back(picture_masks(logits.back(), frame_));
    }
    return {.masks = at::cat(masks), .predicted_iou = at::cat(ious), .logits = at::cat(logits)};
  }

 private:
  template <class Config>
  static Network made(const Config& config, const Compute& compute) {
    const UninitializedWeights guard(compute.dtype);
    return Network(config);
  }

  static void check(const SegmentPrompts& prompts) {
    const at::Tensor& first = prompts.boxes.defined() ? prompts.boxes : prompts.points;
    if (!first.defined()) {
      throw std::invalid_argument("SegmentAnything: expected boxes or points, got neither");
    }
    if (first.dim() < 1 || first.size(0) < 1) {
      throw std::invalid_argument("SegmentAnything: expected one thing or more, got none");
    }
    const std::string things = std::to_string(first.size(0));
    if (prompts.boxes.defined()) {
      check_shape(prompts.boxes, {things, "4"}, "SegmentAnything: boxes");
    }
    if (prompts.points.defined()) check_points(prompts, things);
    if (prompts.mask_logits.defined()) {
      check_shape(prompts.mask_logits, {things, "1", "h", "w"}, "SegmentAnything: mask_logits");
    }
    for (const at::Tensor* numbers : {&prompts.boxes, &prompts.points, &prompts.mask_logits}) {
      if (numbers->defined() && !numbers->isfinite().all().item<bool>()) {
        throw std::invalid_argument("SegmentAnything: expected finite boxes, points and masks");
      }
    }
  }

  static void check_points(const SegmentPrompts& prompts, const std::string& things) {
    check_shape(prompts.points, {things, "P", "2"}, "SegmentAnything: points");
    if (!prompts.labels.defined()) {
      throw std::invalid_argument("SegmentAnything: expected a label for each point");
    }
    check_shape(prompts.labels, {things, std::to_string(prompts.points.size(1))},
                "SegmentAnything: labels");
    check_dtype(prompts.labels, at::kLong, "SegmentAnything: labels");
    const at::Tensor known =
        prompts.labels.ge(-1).logical_and(prompts.labels.le(1)).logical_or(prompts.labels.eq(-10));
    if (!known.all().item<bool>()) {
      throw std::invalid_argument("SegmentAnything: expected labels of 1, 0 and -1");
    }
  }

  SamPrompts in_square(const SegmentPrompts& prompts) const {
    SamPrompts all;
    const at::Device device = compute_.device;
    if (prompts.boxes.defined()) {
      const at::Tensor corners = prompts.boxes.to(at::kFloat).view({-1, 2, 2});
      all.boxes = to_square(corners, frame_).view({-1, 4}).to(device);
    }
    if (prompts.points.defined()) {
      all.points = to_square(prompts.points, frame_).to(device);
      all.labels = prompts.labels.to(device);
    }
    if (prompts.mask_logits.defined()) all.masks = prompts.mask_logits.to(device);
    return all;
  }

  static SamPrompts part_of(const SamPrompts& all, std::int64_t begin, std::int64_t count) {
    const auto part = [&](const at::Tensor& x) {
      return x.defined() ? x.narrow(0, begin, count) : x;
    };
    return {.boxes = part(all.boxes),
            .points = part(all.points),
            .labels = part(all.labels),
            .masks = part(all.masks)};
  }

  using Features = decltype(std::declval<Network&>()->encode_image(at::Tensor()));

  Compute compute_;
  SamImageOptions image_options_;
  FrameOf frame_of_;
  Network network_;
  at::Tensor image_;   // the last one, whose features are kept
  Features features_;  // of it
  SamFrame frame_;
};

std::unique_ptr<PromptableSegmenter> load_first(SamFiles<SamConfig> files, const Compute& compute) {
  return std::make_unique<SegmentAnythingPredictor<SegmentAnything>>(std::move(files),
                                                                     &SamFrame::of, compute);
}

std::unique_ptr<PromptableSegmenter> load_mobile(StateDict state, const std::string& file,
                                                 const Compute& compute) {
  SamFiles<MobileSamConfig> files;
  files.part.weights = mobile_sam_from_original(std::move(state));
  files.part.weights_file = file;
  return std::make_unique<SegmentAnythingPredictor<MobileSam>>(std::move(files), &SamFrame::of,
                                                               compute);
}

std::unique_ptr<PromptableSegmenter> load_second(SamFiles<Sam2Config> files,
                                                 const Compute& compute) {
  return std::make_unique<SegmentAnythingPredictor<SegmentAnything2>>(
      std::move(files), &SamFrame::stretched_over, compute);
}

std::unique_ptr<PromptableSegmenter> load_second_checkpoint(StateDict state,
                                                            const std::string& file,
                                                            const Compute& compute) {
  SamFiles<Sam2Config> files;
  files.part.weights = sam2_from_original(state);
  state.clear();  // so that each tensor is let go when it is copied
  files.part.weights_file = file;
  files.config = sam2_config_of(files.part.weights, file);
  return load_second(std::move(files), compute);
}

// A file of the authors.
std::unique_ptr<PromptableSegmenter> load_checkpoint(const fs::path& path, const Compute& compute) {
  const std::string file = path.string();
  StateDict state = load_weights_file(path);
  const CheckpointKind kind = checkpoint_kind(state);
  if (kind == CheckpointKind::kMobileSam) return load_mobile(std::move(state), file, compute);
  if (kind == CheckpointKind::kSegmentAnything2) {
    return load_second_checkpoint(std::move(state), file, compute);
  }
  require_kind(state, CheckpointKind::kSegmentAnything, file);
  SamFiles<SamConfig> files;
  files.part.weights = sam_from_original(state);
  state.clear();  // so that each tensor is let go when it is copied
  files.part.weights_file = file;
  files.config = sam_config_of(files.part.weights, file);
  return load_first(std::move(files), compute);
}

bool is_second_generation(const nlohmann::json& config) {
  const auto type = config.is_object() ? config.find("model_type") : config.end();
  return type != config.end() && (*type == "sam2" || *type == "sam2_video");
}

}  // namespace

std::unique_ptr<PromptableSegmenter> load_segment_anything(const fs::path& path,
                                                           const Compute& compute) {
  if (!fs::is_directory(path)) return load_checkpoint(path, compute);
  if (!fs::exists(path / "config.json")) {
    throw FileError(path.string() +
                    ": no config.json there; expected Segment Anything in the layout of "
                    "transformers, or name its original .pth file");
  }
  const nlohmann::json config = load_json(path / "config.json");
  if (is_second_generation(config)) {
    auto files = read_folder<Sam2Config>(path, config, CheckpointKind::kSegmentAnything2);
    files.part.weights = segment_anything_2_state(files.part.weights);
    return load_second(std::move(files), compute);
  }
  auto files = read_folder<SamConfig>(path, config, CheckpointKind::kSegmentAnything);
  // A second name of shared_image_embedding.
  files.part.weights.erase("prompt_encoder.shared_embedding.positional_embedding");
  return load_first(std::move(files), compute);
}

}  // namespace situ
