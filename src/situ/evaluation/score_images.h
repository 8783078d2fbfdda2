// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "situ/evaluation/protocol.h"
#include "situ/tasks/anomaly_scorer.h"

namespace situ {

/// The images that a model is asked about, and the labels of the same stems.
struct ImageFolders {
  std::filesystem::path images;  ///< PNG, JPEG or WebP
  std::filesystem::path labels;
  std::int64_t label_stride = 1;  ///< score maps have every n-th row and column of the labels
};

/// Scores every image and writes the maps as <stem>.npy (float32) under `output`, which is made
/// where it does not exist. Throws as paired_files and the readers do.
void score_images(AnomalyScorer& scorer, const ImageFolders& folders,
                  const AnomalyProtocol& protocol, const std::filesystem::path& output);

/// Statistics for the standardised max logit, of all images of a folder, each at its own size.
MaxLogitStatistics max_logit_statistics(SemanticSegmenter& segmenter,
                                        const std::filesystem::path& images);

}  // namespace situ
