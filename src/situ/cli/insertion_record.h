// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/backends/model_identity.h"
#include "situ/cli/insert_inputs.h"
#include "situ/cli/insert_plan.h"
#include "situ/pipeline/object_insertion.h"
#include "situ/tasks/inpainter.h"

namespace situ {

/// The weights of both models, and of what was put into the inpainter.
struct ModelIdentities {
  ModelIdentity inpainter;
  ModelIdentity segmenter;
  std::vector<ModelIdentity> loras = {};
  std::optional<ModelIdentity> vae = {};
};

nlohmann::ordered_json identities_to_json(const ModelIdentities& models);

/// The record of what was done to one image: docs/formats/insertion_record.md, version 1.
/// files: those written for the image, besides the record. Bytes that are not UTF-8, which file
/// names may have, become U+FFFD.
nlohmann::ordered_json insertion_record(const InsertPlan& plan, const PlannedImage& image,
                                        const SceneInput& input, const ModelIdentities& models,
                                        const Inpainter& inpainter, const SceneInsertions& result,
                                        const std::vector<std::filesystem::path>& files);

/// "dog: inserted at 10,20,60,80, 1830 px, score 0.93, attempt 2"
std::string insertion_text(const std::string& object, const Insertion& insertion);

}  // namespace situ
