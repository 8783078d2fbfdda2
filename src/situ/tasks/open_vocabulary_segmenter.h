// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "situ/imaging/box.h"
#include "situ/tasks/unknown_prompt.h"

namespace situ {

/// One thing that a segmenter found in an image.
struct Detection {
  std::string phrase;  ///< the part of the prompt that it answers
  double score = 0;    ///< in [0, 1], higher = surer
  Box box;             ///< pixels of the image given
  at::Tensor mask;     ///< bool [H, W]
};

/// Finds what a prompt names and outlines it.
class OpenVocabularySegmenter {
 public:
  virtual ~OpenVocabularySegmenter() = default;

  /// Throws UnknownPrompt where the vocabulary is closed and the prompt outside it, so that a long
  /// run can ask before it begins.
  virtual void require_known(const std::string& /*prompt*/) const {}

  /// Returns what was found, empty where nothing was. image: uint8 [3, H, W].
  /// Throws UnknownPrompt where the vocabulary is closed.
  virtual std::vector<Detection> segment(const at::Tensor& image, const std::string& prompt) = 0;
};

}  // namespace situ
