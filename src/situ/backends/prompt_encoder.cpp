// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_encoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "situ/backends/placed_network.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/tensor_check.h"
#include "situ/nn/layers.h"

namespace situ {
namespace {

// The tokens' hidden states, nearer to or farther from those of the empty prompt by their weights.
// hidden: [1, T, D]; empty: [1, positions, D], T a multiple of positions; weights: one a token.
// States of weight 1 stay as they are to the bit.
at::Tensor emphasized(const at::Tensor& hidden, const at::Tensor& empty,
                      const std::vector<double>& weights) {
  const at::Tensor weight =
      at::tensor(weights, at::kDouble).to(hidden.device(), at::kFloat).view({1, -1, 1});
  const at::Tensor origin = empty.to(at::kFloat).repeat({1, hidden.size(1) / empty.size(1), 1});
  const at::Tensor moved = origin + weight * (hidden.to(at::kFloat) - origin);
  return at::where(weight == 1, hidden, moved.to(hidden.scalar_type()));
}

bool weighted(const std::vector<double>& weights) {
  return std::any_of(weights.begin(), weights.end(), [](double weight) { return weight != 1; });
}

}  // namespace

PromptEncoder::PromptEncoder(std::vector<TextModelPart>& parts, const Compute& compute)
    : compute_(compute) {
  for (TextModelPart& part : parts) {
    const ModelPart& files = part.encoder;
    const UninitializedWeights guard(compute.dtype);
    encoders_.push_back(
        {.tokenizer = part.tokenizer,
         .network = ClipTextEncoder(ClipTextConfig::from_json(files.config, files.config_file))});
    load_placed(*encoders_.back().network, part.encoder, compute);
    const int64_t length = part.tokenizer.max_length();
    const int64_t positions = encoders_.back().network->config().max_position_embeddings;
    if (length > positions || length < 3) {
      throw DataError(files.config_file,
                      "max_position_embeddings: the tokenizer gives " + std::to_string(length) +
                          " tokens, the text encoder takes " + std::to_string(positions));
    }
  }
}

void PromptEncoder::add(const TextualInversion& word) {
  if (word.vectors.size() != encoders_.size()) {
    throw DataError(word.file, "expected vectors for " + std::to_string(encoders_.size()) +
                                   " text encoders, got " + std::to_string(word.vectors.size()));
  }
  for (std::size_t i = 0; i < encoders_.size(); ++i) {
    const int64_t width = encoders_[i].network->config().hidden_size;
    if (word.vectors[i].size(1) != width) {
      throw DataError(word.file, "expected vectors of " + std::to_string(width) +
                                     " numbers, as this model's text encoder has, got " +
                                     shape_text(word.vectors[i]));
    }
  }
  for (std::size_t i = 0; i < encoders_.size(); ++i) {
    Encoder& encoder = encoders_[i];
    const int64_t first = encoder.network->add_token_embeddings(word.vectors[i]);
    std::vector<int64_t>& ids = encoder.words.emplace_back(word.vectors[i].size(0));
    std::iota(ids.begin(), ids.end(), first);
    try {
      encoder.tokenizer.add_token(word.token, first);
    } catch (const std::invalid_argument& error) {
      throw DataError(word.file, error.what());
    }
  }
}

int64_t PromptEncoder::text_width() const {
  int64_t width = 0;
  for (const Encoder& encoder : encoders_) width += encoder.network->config().hidden_size;
  return width;
}

void PromptEncoder::Encoder::append(const WeightedText& stretch, Tokens& tokens) const {
  for (const int64_t id : tokenizer.tokenize(stretch.text)) {
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const auto& ids) { return ids.front() == id; });
    if (word == words.end()) {
      tokens.ids.push_back(id);
    } else {
      tokens.ids.insert(tokens.ids.end(), word->begin(), word->end());
    }
  }
  tokens.weights.resize(tokens.ids.size(), stretch.weight);
}

PromptEncoder::Tokens PromptEncoder::Encoder::tokens(const std::string& prompt,
                                                     PromptSyntax syntax) const {
  Tokens tokens;
  if (syntax == PromptSyntax::kPlain) {
    append({.text = prompt}, tokens);
    const auto most = static_cast<std::size_t>(chunk_size());
    if (tokens.ids.size() > most) {
      log_warning("the prompt has " + std::to_string(tokens.ids.size()) +
                  " tokens, those after the first " + std::to_string(most) + " are left out");
      tokens.ids.resize(most);
      tokens.weights.resize(most);
    }
    return tokens;
  }
  for (const WeightedText& stretch : parse_weighted_prompt(prompt)) append(stretch, tokens);
  return tokens;
}

int64_t PromptEncoder::Encoder::chunks(const Tokens& tokens) const {
  const auto size = static_cast<int64_t>(tokens.ids.size());
  return std::max<int64_t>(1, (size + chunk_size() - 1) / chunk_size());
}

int64_t PromptEncoder::chunks(const std::string& prompt, PromptSyntax syntax) const {
  if (syntax == PromptSyntax::kPlain) return 1;
  int64_t most = 1;
  for (const Encoder& encoder : encoders_) {
    most = std::max(most, encoder.chunks(encoder.tokens(prompt, syntax)));
  }
  return most;
}

ClipTextOutput PromptEncoder::encoded(Encoder& encoder, const Tokens& tokens,
                                      const PromptReading& reading) {
  // SDXL's encoders end one layer early, without the last norm.
  const ClipTextLayer layer =
      dual() ? ClipTextLayer{reading.clip_skip + 1, false} : ClipTextLayer{reading.clip_skip};
  const int64_t length = encoder.tokenizer.max_length();
  const auto encode = [&](const std::vector<int64_t>& ids) {  // of whole chunks
    const at::Tensor rows = at::tensor(ids, at::kLong).view({-1, length}).to(compute_.device);
    return encoder.network->encode(rows, layer);
  };
  std::vector<int64_t> ids;
  std::vector<double> weights;
  const auto size = static_cast<int64_t>(tokens.ids.size());
  for (int64_t chunk = 0; chunk < std::max(reading.chunks, encoder.chunks(tokens)); ++chunk) {
    const int64_t begin = std::min(size, chunk * encoder.chunk_size());
    const int64_t end = std::min(size, begin + encoder.chunk_size());
    const std::vector<int64_t> row =
        encoder.tokenizer.framed({tokens.ids.begin() + begin, tokens.ids.begin() + end}, length);
    ids.insert(ids.end(), row.begin(), row.end());
    weights.push_back(1);  // the start
    weights.insert(weights.end(), tokens.weights.begin() + begin, tokens.weights.begin() + end);
    weights.resize(ids.size(), 1);
  }
  ClipTextOutput output = encode(ids);
  output.hidden = output.hidden.reshape({1, -1, output.hidden.size(-1)});
  output.pooled = output.pooled.slice(0, 0, 1);
  if (weighted(weights)) {
    const at::Tensor empty = encode(encoder.tokenizer.framed({}, length)).hidden;
    output.hidden = emphasized(output.hidden, empty, weights);
  }
  return output;
}

PromptEmbedding PromptEncoder::encode(const std::string& prompt, const PromptReading& reading) {
  std::vector<at::Tensor> hidden;
  at::Tensor pooled;
  for (Encoder& encoder : encoders_) {
    const Tokens tokens = encoder.tokens(prompt, reading.syntax);
    const ClipTextOutput output = encoded(encoder, tokens, reading);
    hidden.push_back(output.hidden);
    pooled = output.pooled;
  }
  return {.text = at::cat(hidden, -1), .pooled = pooled};
}

}  // namespace situ
