// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/grounding_dino_detector.h"

#include <ATen/ATen.h>

#include <limits>
#include <map>
#include <stdexcept>
#include <vector>

#include "situ/backends/checkpoint_kind.h"
#include "situ/backends/grounding_dino_keys.h"
#include "situ/backends/image_preparation_file.h"
#include "situ/backends/model_files.h"
#include "situ/backends/placed_network.h"
#include "situ/backends/prompt_phrases.h"
#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/io/json_file.h"
#include "situ/models/grounding_dino/detections.h"
#include "situ/models/grounding_dino/grounding_dino.h"
#include "situ/tokenizers/bert_tokenizer.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeptTexts = 64;

struct DinoFiles {
  GroundingDinoConfig config;
  ModelPart part;
  fs::path tokenizer;  // folder
  DinoImageOptions image = {};
};

DinoFiles read_folder(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  if (!fs::exists(file)) {
    throw FileError(folder.string() +
                    ": no config.json there; expected Grounding DINO in the "
                    "layout of transformers, or name its original .pth file");
  }
  DinoFiles files{.config = GroundingDinoConfig::from_json(load_json(file), file.string()),
                  .part = {},
                  .tokenizer = folder};
  files.part.weights_file = weights_file(folder, "model").string();
  const StateDict state = load_weights(folder, "model");
  require_kind(state, CheckpointKind::kGroundingDino, files.part.weights_file);
  files.part.weights = without_grounding_dino_extras(state, files.config.decoder_bbox_embed_share);
  const ImagePreparation preparation = read_image_preparation(folder);
  files.image.shortest_edge = preparation.shortest_edge.value_or(files.image.shortest_edge);
  files.image.longest_edge = preparation.longest_edge.value_or(files.image.longest_edge);
  if (preparation.mean) files.image.mean = *preparation.mean;
  if (preparation.deviation) files.image.deviation = *preparation.deviation;
  return files;
}

DinoFiles read_checkpoint(const fs::path& file) {
  const StateDict state = load_weights_file(file);
  require_kind(state, CheckpointKind::kGroundingDino, file.string());
  DinoFiles files;
  files.part.weights = grounding_dino_from_original(state);
  files.part.weights_file = file.string();
  files.config = grounding_dino_config_of(files.part.weights, file.string());
  files.tokenizer = file.parent_path();
  return files;
}

DinoProcessing processing_of(DetectionRule rule) {
  return rule == DetectionRule::kOriginal ? DinoProcessing::kOriginal
                                          : DinoProcessing::kTransformers;
}

class GroundingDinoDetector : public TextDetector {
 public:
  GroundingDinoDetector(DinoFiles files, const Compute& compute)
      : compute_(compute),
        image_options_(files.image),
        tokenizer_(BertTokenizer::from_folder(files.tokenizer)),
        network_(made(files.config, compute)) {
    load_placed(*network_, files.part, compute);
    if (tokenizer_.vocabulary_size() > files.config.text.vocab_size) {
      throw DataError(files.tokenizer.string(),
                      "its tokenizer has " + std::to_string(tokenizer_.vocabulary_size()) +
                          " tokens, the network " + std::to_string(files.config.text.vocab_size) +
                          ": it is another model's");
    }
  }

  std::vector<DetectedBox> detect(const at::Tensor& image, const std::string& prompt,
                                  const DetectionOptions& options) override {
    options.validate();
    check_image(image, "GroundingDino: image");
    const c10::InferenceMode inference;
    const std::vector<Caption> captions =
        captions_of(prompt, options.negative_prompt, tokenizer_, network_->config().max_text_len);
    const ImageFeatures& features = features_of(image, processing_of(options.processing));
    std::vector<DetectedBox> found;
    for (const Caption& caption : captions) {
      const GroundingDinoOutput output = network_->detect(features, text_of(caption));
      append(output, caption, {image.size(1), image.size(2)}, options, found);
    }
    return found;
  }

 private:
  static GroundingDino made(const GroundingDinoConfig& config, const Compute& compute) {
    const UninitializedWeights guard(compute.dtype);
    return GroundingDino(config);
  }

  const ImageFeatures& features_of(const at::Tensor& image, DinoProcessing processing) {
    const bool known = image_.defined() && processing == processing_ &&
                       image_.sizes() == image.sizes() && image_.equal(image);
    if (known) return features_;
    const at::Tensor pixels = detector_pixels(image, processing, image_options_).unsqueeze(0);
    features_ = network_->encode_image(pixels.to(compute_.device, compute_.dtype));
    image_ = image.clone();
    processing_ = processing;
    return features_;
  }

  const TextFeatures& text_of(const Caption& caption) {
    const auto known = texts_.find(caption.tokens);
    if (known != texts_.end()) return known->second;
    if (texts_.size() >= kKeptTexts) texts_.clear();
    const at::Tensor ids = at::tensor(caption.tokens, at::kLong).unsqueeze(0).to(compute_.device);
    return texts_.emplace(caption.tokens, network_->encode_text(ids)).first->second;
  }

  void append(const GroundingDinoOutput& output, const Caption& caption, const DinoImageSize& size,
              const DetectionOptions& options, std::vector<DetectedBox>& found) const {
    at::Tensor logits = output.logits[0].cpu();
    if (caption.negative_end > caption.negative_begin) hide_negative(caption, logits);
    const auto tokens = static_cast<std::int64_t>(caption.tokens.size());
    for (const TokenDetection& one :
         select_detections(logits, output.boxes[0].cpu(), tokens, size,
                           {.box = options.box_threshold, .text = options.text_threshold},
                           processing_of(options.processing))) {
      // The original decodes with transformers 4, whose default is to clean up spaces.
      const SpaceCleanUp clean_up = options.processing == DetectionRule::kOriginal
                                        ? SpaceCleanUp::kAlways
                                        : SpaceCleanUp::kConfigured;
      found.push_back(
          {.phrase = tokenizer_.decode(phrase_tokens(one, caption.tokens), clean_up),
           .score = one.score,
           .box = {one.box_xyxy[0], one.box_xyxy[1], one.box_xyxy[2], one.box_xyxy[3]}});
    }
  }

  // Queries that a word of the negative prompt fits best find nothing; its words are in no phrase.
  static void hide_negative(const Caption& caption, at::Tensor& logits) {
    constexpr double kNothing = -std::numeric_limits<double>::infinity();
    logits = logits.clone();
    const at::Tensor negative = logits.slice(1, caption.negative_begin, caption.negative_end);
    // [CLS] and [SEP] are words of neither.
    const at::Tensor positive = logits.slice(1, 1, caption.negative_begin);
    const at::Tensor beaten = negative.amax(1).gt(positive.amax(1));
    negative.fill_(kNothing);
    logits.masked_fill_(beaten.unsqueeze(1), kNothing);
  }

  Compute compute_;
  DinoImageOptions image_options_;
  BertTokenizer tokenizer_;
  GroundingDino network_;
  at::Tensor image_;  // the last one, whose features are kept
  DinoProcessing processing_ = DinoProcessing::kOriginal;
  ImageFeatures features_;
  std::map<std::vector<std::int64_t>, TextFeatures> texts_;  // by their tokens
};

}  // namespace

std::unique_ptr<TextDetector> load_grounding_dino(const fs::path& path, const Compute& compute) {
  DinoFiles files = fs::is_directory(path) ? read_folder(path) : read_checkpoint(path);
  return std::make_unique<GroundingDinoDetector>(std::move(files), compute);
}

}  // namespace situ
