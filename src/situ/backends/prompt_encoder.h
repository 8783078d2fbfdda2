// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "situ/backends/diffusion_model_files.h"
#include "situ/backends/textual_inversion.h"
#include "situ/core/device.h"
#include "situ/core/options.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/tokenizers/clip_tokenizer.h"
#include "situ/tokenizers/weighted_prompt.h"

namespace situ {

/// What the characters of a prompt mean.
enum class PromptSyntax {
  kWeighted,  // `(red:1.3)` is a weight; a text longer than the encoder takes is read in chunks
  kPlain      // as diffusers: all characters are text, which is cut to what the encoder takes
};

template <>
struct EnumNames<PromptSyntax> {
  static constexpr std::array<std::pair<PromptSyntax, const char*>, 2> table{
      {{PromptSyntax::kWeighted, "weighted"}, {PromptSyntax::kPlain, "plain"}}};
};

/// How a prompt is read.
struct PromptReading {
  PromptSyntax syntax = PromptSyntax::kWeighted;
  /// Layers at the end of the encoders that are left out beyond the usual, as diffusers counts
  /// them.
  int64_t clip_skip = 0;
  /// At least so many chunks: prompt and negative prompt must have the same length.
  int64_t chunks = 1;
};

/// A prompt as the denoiser takes it. T is the encoder's positions (77) times the chunks.
struct PromptEmbedding {
  at::Tensor text;    // [1, T, D], D over all encoders
  at::Tensor pooled;  // [1, P] of the last encoder, for the first chunk
};

/// Text to embeddings by the one text encoder of SD1 and SD2 or the two of SDXL, whose hidden
/// states stand side by side. Long prompts, weights and learned words: docs/models/prompts.md.
class PromptEncoder {
 public:
  /// Takes the weights out of `parts`. Throws DataError where they do not fit their configuration.
  PromptEncoder(std::vector<TextModelPart>& parts, const Compute& compute);

  /// Prompts may use the word from now on. Throws DataError naming its file where the vectors do
  /// not fit the encoders, or the word is a token already.
  void add(const TextualInversion& word);

  /// Chunks that the prompt takes, 1 or more; always 1 in plain syntax.
  int64_t chunks(const std::string& prompt, PromptSyntax syntax) const;

  /// Throws std::invalid_argument where there are not so many layers to skip.
  PromptEmbedding encode(const std::string& prompt, const PromptReading& reading = {});

  /// Width of PromptEmbedding::text.
  int64_t text_width() const;
  /// Two encoders, as SDXL has.
  bool dual() const { return encoders_.size() > 1; }

 private:
  // The text's tokens, without start and end.
  struct Tokens {
    std::vector<int64_t> ids;
    std::vector<double> weights;  // one an id
  };
  struct Encoder {
    ClipTokenizer tokenizer;
    ClipTextEncoder network;
    std::vector<std::vector<int64_t>> words = {};  // ids of each learned word, first one = token

    int64_t chunk_size() const { return tokenizer.max_length() - 2; }
    int64_t chunks(const Tokens& tokens) const;
    Tokens tokens(const std::string& prompt, PromptSyntax syntax) const;
    void append(const WeightedText& stretch, Tokens& tokens) const;
  };

  ClipTextOutput encoded(Encoder& encoder, const Tokens& tokens, const PromptReading& reading);

  std::vector<Encoder> encoders_;
  Compute compute_;
};

}  // namespace situ
