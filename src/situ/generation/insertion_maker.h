// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "situ/generation/sample_record.h"
#include "situ/pipeline/location_area.h"
#include "situ/pipeline/object_insertion.h"

namespace situ {

/// Throws UnknownPrompt where an object, its prompts or its place lie outside a model's vocabulary.
void require_known(const RecipeObject& object, const RecipePlan& plan, const Inpainter& inpainter,
                   const OpenVocabularySegmenter& segmenter);

/// Takes what the models do not know out of a recipe and returns its names, where the recipe says
/// so; else throws UnknownPrompt for the first. Throws std::invalid_argument where nothing is left.
std::vector<std::string> drop_unknown_objects(Recipe& recipe, const Inpainter& inpainter,
                                              const OpenVocabularySegmenter& segmenter);

/// Makes samples as POC does: each object is inpainted where its place is, found again and blended
/// in. Where objects may be is looked up in the source image, once for all its variants.
class InsertionMaker {
 public:
  /// All are the caller's and must live.
  InsertionMaker(const Recipe& recipe, Inpainter& inpainter, OpenVocabularySegmenter& segmenter)
      : recipe_(recipe), inpainter_(inpainter), segmenter_(segmenter) {}

  MadeSample make(const PlannedSample& planned, const SampleSource& source);

 private:
  LocationAreas& areas_of(const PlannedSample& planned, const SampleSource& source);
  Insertion insert(const PlannedSample& planned, const SampleSource& source, size_t number,
                   const at::Tensor& picture, const at::Tensor& occupied);

  const Recipe& recipe_;
  Inpainter& inpainter_;
  OpenVocabularySegmenter& segmenter_;
  std::string areas_image_;  // sha256
  std::optional<LocationAreas> areas_;
};

}  // namespace situ
