// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "situ/tasks/inpainter.h"

namespace situ {

/// Makes a picture of what a prompt says.
class TextToImage {
 public:
  virtual ~TextToImage() = default;

  /// Throws UnknownPrompt where the vocabulary is closed and the prompt outside it.
  virtual void require_known(const std::string& /*prompt*/) const {}

  /// Returns uint8 [3, S, S] of the model's own size. Of the options the strength means nothing
  /// here. The same seed gives the same bytes.
  virtual at::Tensor imagine(const std::string& prompt, const InpaintingOptions& options,
                             uint64_t seed) = 0;
};

}  // namespace situ
