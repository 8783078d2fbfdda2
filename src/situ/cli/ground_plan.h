// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "situ/core/options.h"
#include "situ/tasks/promptable_segmenter.h"
#include "situ/tasks/text_detector.h"

namespace situ {

/// How masks are kept.
enum class MaskFormat { kPng, kRle };

template <>
struct EnumNames<MaskFormat> {
  static constexpr std::array<std::pair<MaskFormat, const char*>, 2> table{{
      {MaskFormat::kPng, "png"},
      {MaskFormat::kRle, "rle"},
  }};
};

/// What is looked for, and with which models.
struct GroundArguments {
  std::optional<std::string> prompt = std::nullopt;
  std::optional<std::string> boxes = std::nullopt;
  std::optional<std::string> points = std::nullopt;
  bool multimask = false;
  bool boxes_only = false;
  std::string detector = "grounding-dino-tiny";
  std::string segmenter = "sam-vit-huge";
  MaskFormat masks = MaskFormat::kPng;
  std::string device = "auto";
  std::string dtype = "float32";
  int64_t threads = 0;

  static constexpr auto fields() {
    using T = GroundArguments;
    return std::tuple{
        field("prompt", &T::prompt, "what to find, one phrase or several: a dog. a cat."),
        field("boxes", &T::boxes, "outline these instead: x0,y0,x1,y1;… [px]"),
        field("points", &T::points,
              "outline what is at these points instead, or help the boxes: x,y;… one or several "
              "(x,y+x,y) for each thing; x,y,0 lies beside it [px]"),
        field("multimask", &T::multimask, "three guesses a thing: whole, part, subpart"),
        field("boxes_only", &T::boxes_only, "stop after the detector"),
        field("detector", &T::detector,
              "Grounding DINO: a folder of transformers, an original .pth, a name of 'situ models "
              "list' or org/name[@revision]"),
        field("segmenter", &T::segmenter,
              "Segment Anything (1, 2.1, MobileSAM): a folder, an original file, or a name as "
              "above"),
        field("masks", &T::masks, "png: a file each, or rle: COCO's text in the record"),
        field("device", &T::device, "auto, cpu, cuda or cuda:N"),
        field("dtype", &T::dtype, "float32, float16 or bfloat16"),
        field("threads", &T::threads, "threads; 0 = one a core")};
  }
  /// Throws std::invalid_argument naming the option and what it expects.
  void validate() const;
};

/// Everything that decides what the results are.
struct GroundSettings {
  GroundArguments arguments = {};
  DetectionOptions detection = {};
};

/// All options by their names.
nlohmann::ordered_json settings_to_json(const GroundSettings& settings);

/// An image and the names of what is made of it.
struct GroundImage {
  std::filesystem::path input;
  std::string stem;
  std::filesystem::path record;   ///< <output>/<stem>.json
  std::filesystem::path masks;    ///< <output>/<stem>_masks/
  std::filesystem::path overlay;  ///< <output>/<stem>_overlay.png
};

/// What `situ ground` does, checked as far as it can be without reading an image.
struct GroundPlan {
  GroundSettings settings;
  std::vector<GroundImage> images;
  std::optional<SegmentPrompts> given;  ///< boxes and points in place of a prompt
  std::filesystem::path output;

  bool needs_detector() const { return !given.has_value(); }
  bool needs_segmenter() const { return !settings.arguments.boxes_only; }
};

/// Of a folder all PNG, JPEG and WebP files in it, by name. Throws std::invalid_argument for
/// options out of bounds, no image, neither prompt nor boxes nor points, or two results of one
/// name; FileError for a folder that cannot be read or has no image.
GroundPlan make_ground_plan(const std::vector<std::filesystem::path>& inputs,
                            const GroundSettings& settings, const std::filesystem::path& output);

/// Reads "x0,y0,x1,y1;…" and "x,y[,label]+…;…". Throws std::invalid_argument saying what does not
/// fit.
SegmentPrompts parse_prompts(const std::optional<std::string>& boxes,
                             const std::optional<std::string>& points);

}  // namespace situ
