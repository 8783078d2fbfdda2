// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/cli/ground_plan.h"
#include "situ/cli/run_ground.h"
#include "situ/imaging/float_box.h"

namespace situ {

/// One mask of a thing and where it is kept.
struct GroundedMask {
  at::Tensor mask;  ///< bool [H, W]
  double predicted_iou = 0;
  std::filesystem::path file = {};  ///< relative to the record; empty where the record holds it
};

/// One thing of an image. A thing that was given rather than found has no phrase and no score.
struct GroundedThing {
  std::optional<std::string> phrase = std::nullopt;
  std::optional<double> score = std::nullopt;
  std::optional<FloatBox> box = std::nullopt;
  std::vector<GroundedMask> masks = {};  ///< none with boxes_only; the likeliest first

  /// "a dog 0.83"
  std::string caption() const;
};

/// What is known of an image before a network sees it: the record's beginning, which a later run
/// compares.
struct GroundedImage {
  std::string sha256;
  int64_t height = 0;
  int64_t width = 0;
};

/// The record without its detections. docs/formats/grounding_record.md.
nlohmann::ordered_json grounding_header(const GroundPlan& plan, const GroundImage& image,
                                        const GroundedImage& input, const GroundModels& models);

/// The record. files: everything else that was written, relative to the record.
nlohmann::ordered_json grounding_record(nlohmann::ordered_json header,
                                        const std::vector<GroundedThing>& things,
                                        const std::vector<std::filesystem::path>& files);

/// The record at that place where it has this header and its files are there, else null.
nlohmann::ordered_json finished_record(const std::filesystem::path& record,
                                       const nlohmann::ordered_json& header);

}  // namespace situ
