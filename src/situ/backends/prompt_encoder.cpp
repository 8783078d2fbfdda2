// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_encoder.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/backends/placed_network.h"
#include "situ/nn/layers.h"

namespace situ {

PromptEncoder::PromptEncoder(std::vector<TextModelPart>& parts, const Compute& compute)
    : compute_(compute) {
  for (TextModelPart& part : parts) {
    const ModelPart& files = part.encoder;
    const UninitializedWeights guard(compute.dtype);
    encoders_.push_back(
        {.tokenizer = part.tokenizer,
         .network = ClipTextEncoder(ClipTextConfig::from_json(files.config, files.config_file))});
    load_placed(*encoders_.back().network, part.encoder, compute);
  }
}

int64_t PromptEncoder::text_width() const {
  int64_t width = 0;
  for (const Encoder& encoder : encoders_) width += encoder.network->config().hidden_size;
  return width;
}

PromptEmbedding PromptEncoder::encode(const std::string& prompt, int64_t clip_skip) {
  // SDXL's encoders end one layer early, without the last norm.
  const ClipTextLayer layer =
      dual() ? ClipTextLayer{clip_skip + 1, false} : ClipTextLayer{clip_skip};
  std::vector<at::Tensor> hidden;
  at::Tensor pooled;
  for (Encoder& encoder : encoders_) {
    const std::vector<int64_t> ids = encoder.tokenizer.encode(prompt);
    const int64_t positions = encoder.network->config().max_position_embeddings;
    if (static_cast<int64_t>(ids.size()) > positions) {
      throw std::invalid_argument("the tokenizer gives " + std::to_string(ids.size()) +
                                  " tokens, the text encoder takes " + std::to_string(positions));
    }
    const at::Tensor tokens = at::tensor(ids, at::kLong).unsqueeze(0).to(compute_.device);
    ClipTextOutput output = encoder.network->encode(tokens, layer);
    hidden.push_back(output.hidden);
    pooled = output.pooled;
  }
  return {.text = at::cat(hidden, -1), .pooled = pooled};
}

}  // namespace situ
