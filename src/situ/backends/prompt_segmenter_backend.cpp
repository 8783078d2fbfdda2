// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_segmenter_backend.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/core/nearest_name.h"
#include "situ/core/tensor_check.h"
#include "situ/imaging/connected_components.h"
#include "situ/imaging/resize.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/models/prompt_segmenter/known_prompts.h"
#include "situ/models/prompt_segmenter/prompt_rows.h"
#include "situ/models/prompt_segmenter/prompt_segmenter.h"
#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"
#include "situ/tokenizers/clip_tokenizer.h"

namespace situ {
namespace {

constexpr int64_t kMinImageSidePx = 4;

PromptSegmenterConfig load_config(const std::filesystem::path& file) {
  return PromptSegmenterConfig::from_json(load_json(file), file);
}

KnownPrompts load_known(const std::filesystem::path& file) {
  return KnownPrompts::from_json(load_json(file), file);
}

/// The part of a mask that is left without its smallest connected parts.
at::Tensor without_specks(const at::Tensor& mask, double min_area_px) {
  const Components found = connected_components(mask, Connectivity::kEight);
  at::Tensor kept = at::zeros({static_cast<int64_t>(found.components.size()) + 1}, at::kBool);
  for (std::size_t i = 0; i < found.components.size(); ++i) {
    if (static_cast<double>(found.components[i].area_px) >= min_area_px) {
      kept.mutable_data_ptr<bool>()[i + 1] = true;
    }
  }
  return kept.index_select(0, found.labels.flatten().to(at::kLong)).view(mask.sizes());
}

class PromptSegmenterBackend : public OpenVocabularySegmenter {
 public:
  PromptSegmenterBackend(const std::filesystem::path& folder, const Compute& compute,
                         const PromptSegmenterOptions& options)
      : compute_(compute),
        options_(options),
        vocabulary_(load_known(folder / "vocabulary.json")),
        tokenizer_(ClipTokenizer::from_folder(folder / "tokenizer")),
        network_(load_config(folder / "config.json")) {
    const std::filesystem::path weights = folder / "model.safetensors";
    const SafetensorsFile file(weights);
    StateDict state;
    for (const std::string& name : file.names()) state[name] = file.tensor(name);
    load_state_dict(*network_, state, weights);
    network_->eval();
    network_->to(compute.device);
    network_->to(compute.dtype);
    use_channels_last(*network_);
  }

  void require_known(const std::string& prompt) const override { understood(prompt); }

  std::vector<Detection> segment(const at::Tensor& image, const std::string& prompt) override {
    check_image(image, "PromptSegmenterBackend: image");
    if (std::min(image.size(1), image.size(2)) < kMinImageSidePx) {
      throw std::invalid_argument(
          "PromptSegmenterBackend: image: expected at least 4 x 4 pixels, got " +
          shape_text(image));
    }
    const std::vector<KnownPrompts::Match> asked = understood(prompt);
    const at::Tensor probability = probabilities(image, asked);  // [K, H, W]
    std::vector<Detection> found;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const at::Tensor own = probability[static_cast<int64_t>(i)];
      if (auto detection = detected(own, asked[i])) found.push_back(std::move(*detection));
    }
    return found;
  }

 private:
  std::vector<KnownPrompts::Match> understood(const std::string& prompt) const {
    std::vector<KnownPrompts::Match> asked;
    for (const std::string& phrase : split_prompt(prompt)) {
      const auto match = vocabulary_.find(phrase);
      if (!match) {
        throw UnknownPrompt("'" + phrase +
                            "' is nothing that the small segmenter was trained on; nearest: " +
                            listed(nearest_names(phrase, vocabulary_.all_phrases(), 3)) +
                            ". For anything else give --segmenter the folder of one that knows it");
      }
      asked.push_back(*match);
    }
    if (asked.empty()) throw UnknownPrompt("the prompt '" + prompt + "' names nothing");
    return asked;
  }

  /// Float [K, H, W] in [0, 1], on the CPU.
  at::Tensor probabilities(const at::Tensor& image, const std::vector<KnownPrompts::Match>& asked) {
    const c10::InferenceMode inference;
    const int64_t height = image.size(1);
    const int64_t width = image.size(2);
    const int64_t longer = std::max(height, width);
    const double scale =
        static_cast<double>(std::clamp(longer, options_.min_side_px, options_.max_side_px)) /
        static_cast<double>(longer);
    const auto scaled = [&](int64_t side) {
      return std::max<int64_t>(1, std::llround(scale * static_cast<double>(side)));
    };
    const at::Tensor seen =
        resize(image.cpu(), scaled(height), scaled(width), Interpolation::kBilinear);
    const at::Tensor input = seen.to(compute_.device, at::kFloat).div(127.5).sub(1).unsqueeze(0);

    std::vector<std::vector<int64_t>> texts;
    for (const KnownPrompts::Match& match : asked) {
      texts.push_back(tokenizer_.tokenize(match.phrase));
    }
    const at::Tensor rows = prompt_rows(texts, tokenizer_.start_id(), network_->config());
    const at::Tensor logits =
        network_(input.to(compute_.dtype), rows.to(compute_.device)).to(at::kFloat);
    const std::array<int64_t, 2> size = {height, width};
    return at::upsample_bilinear2d(logits, size, /*align_corners=*/false).sigmoid()[0].cpu();
  }

  std::optional<Detection> detected(const at::Tensor& probability,
                                    const KnownPrompts::Match& match) const {
    at::Tensor mask = probability.gt(vocabulary_.threshold);
    if (match.prompt->kind == PromptKind::kObject) {
      mask = without_specks(mask, options_.min_component * static_cast<double>(mask.numel()));
    }
    const std::optional<Box> box = bounding_box(mask);
    if (!box) return std::nullopt;
    return Detection{.phrase = match.phrase,
                     .score = probability.masked_select(mask).mean().item<double>(),
                     .box = *box,
                     .mask = mask};
  }

  Compute compute_;
  PromptSegmenterOptions options_;
  KnownPrompts vocabulary_;
  ClipTokenizer tokenizer_;
  PromptSegmenter network_;
};

}  // namespace

void PromptSegmenterOptions::validate() const {
  require_option(max_side_px >= 32 && max_side_px <= 8192, "max_side", max_side_px,
                 "from 32 to 8192");
  require_option(min_side_px >= 1 && min_side_px <= max_side_px, "min_side", min_side_px,
                 "from 1 to max_side");
  require_option(min_component >= 0 && min_component <= 1, "min_component", min_component,
                 "in [0, 1]");
}

std::unique_ptr<OpenVocabularySegmenter> load_prompt_segmenter(
    const std::filesystem::path& folder, const Compute& compute,
    const PromptSegmenterOptions& options) {
  options.validate();
  return std::make_unique<PromptSegmenterBackend>(folder, compute, options);
}

}  // namespace situ
