// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "situ/backends/diffusion_model_files.h"
#include "situ/core/device.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/tokenizers/clip_tokenizer.h"

namespace situ {

/// A prompt as the denoiser takes it.
struct PromptEmbedding {
  at::Tensor text;    // [1, T, D], D over all encoders
  at::Tensor pooled;  // [1, P] of the last encoder
};

/// Text to embeddings by the one text encoder of SD1 and SD2 or the two of SDXL, whose hidden
/// states stand side by side.
class PromptEncoder {
 public:
  /// Takes the weights out of `parts`. Throws DataError where they do not fit their configuration.
  PromptEncoder(std::vector<TextModelPart>& parts, const Compute& compute);

  /// clip_skip: layers at the end of the encoders that are left out beyond the usual, as diffusers
  /// counts them. Throws std::invalid_argument where there are not so many.
  PromptEmbedding encode(const std::string& prompt, int64_t clip_skip = 0);

  /// Width of PromptEmbedding::text.
  int64_t text_width() const;
  /// Two encoders, as SDXL has.
  bool dual() const { return encoders_.size() > 1; }

 private:
  struct Encoder {
    ClipTokenizer tokenizer;
    ClipTextEncoder network;
  };
  std::vector<Encoder> encoders_;
  Compute compute_;
};

}  // namespace situ
