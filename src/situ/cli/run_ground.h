// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>

#include "situ/backends/model_identity.h"
#include "situ/cli/ground_plan.h"

namespace situ {

/// The models of a run, each loaded when an image first needs it.
struct GroundModels {
  std::optional<ModelIdentity> detector = std::nullopt;
  std::optional<ModelIdentity> segmenter = std::nullopt;
  std::function<std::unique_ptr<TextDetector>()> load_detector = {};
  std::function<std::unique_ptr<PromptableSegmenter>()> load_segmenter = {};
};

struct GroundRun {
  bool json = false;       ///< print the records rather than lines
  bool overwrite = false;  ///< make again what is there
};

/// Grounds every image and writes its masks, its overlay and, last, its record. An image whose
/// record says the same options, models and image, and whose files are all there, is left as it is.
/// Images that cannot be read are reported; the others go on. Returns the program's exit code.
/// Throws what the loaders and models throw, and FileError where results cannot be written.
int run_ground(const GroundPlan& plan, const GroundModels& models, const GroundRun& run,
               std::ostream& results);

}  // namespace situ
