// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/core/random.h"
#include "situ/generation/sample_record.h"
#include "situ/tasks/open_vocabulary_segmenter.h"
#include "situ/tasks/text_to_image.h"

namespace situ {

/// Makes samples by pasting pictures made from text (the paper's rows "T2I"): the whole picture, or
/// only the object that a segmenter finds in it. The place is random; nothing is scaled or blended.
class TextToImagePaster {
 public:
  /// All are the caller's and must live.
  TextToImagePaster(const Recipe& recipe, TextToImage& painter, OpenVocabularySegmenter& segmenter)
      : recipe_(recipe), painter_(painter), segmenter_(segmenter) {}

  MadeSample make(const PlannedSample& planned, const SampleSource& source) const;

 private:
  Insertion insert(const at::Tensor& scene, const PlannedInsertion& planned,
                   const InsertionSeed& seed) const;
  Insertion attempt(const at::Tensor& scene, const PlannedInsertion& planned, uint64_t seed) const;

  const Recipe& recipe_;
  TextToImage& painter_;
  OpenVocabularySegmenter& segmenter_;
};

}  // namespace situ
