// SPDX-License-Identifier: Apache-2.0
#include "situ/training/segmenter_training.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "situ/core/random.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/io/sha256.h"
#include "situ/models/prompt_segmenter/prompt_rows.h"
#include "situ/models/prompt_segmenter/prompt_segmenter.h"
#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"
#include "situ/tokenizers/clip_tokenizer.h"
#include "situ/training/autoencoder_training.h"
#include "situ/training/frozen_autoencoder.h"
#include "situ/training/segmenter_batch.h"
#include "situ/training/segmenter_prompts.h"

namespace situ {
namespace {

constexpr int64_t kSheetSidePx = 224;
constexpr int64_t kSheetColumns = 8;
constexpr int64_t kSheetScenes = 16;
constexpr int64_t kSheetCrops = 40;
constexpr int64_t kStatisticsBatchSize = 16;
constexpr double kNoChoice = -1e4;  // a logit that takes no part in a softmax

PromptSegmenterConfig fitted_config(nlohmann::ordered_json json, const ClipTokenizer& tokenizer) {
  if (json.is_object() && json.contains("text") && json["text"].is_object()) {
    json["text"]["vocab_size"] = tokenizer.vocabulary_size();
    json["end_of_text_id"] = tokenizer.end_id();
  }
  return PromptSegmenterConfig::from_json(json, "segmenter configuration");
}

/// The mean of `values`, weighted; zero where nothing has weight.
at::Tensor weighted_mean(const at::Tensor& values, const at::Tensor& weights) {
  return (values * weights).sum() / weights.sum().clamp_min(1e-6);
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& truth) {
  return at::binary_cross_entropy_with_logits(logits, truth, {}, {}, at::Reduction::None);
}

/// 1 - the soft Dice coefficient of each picture: [N, 1, S, S] -> [N].
at::Tensor dice_loss(const at::Tensor& probability, const at::Tensor& truth,
                     const at::Tensor& known) {
  const std::array<int64_t, 3> picture = {1, 2, 3};
  const at::Tensor overlap = (probability * truth * known).sum(picture);
  const at::Tensor total = ((probability + truth) * known).sum(picture);
  return 1 - (2 * overlap + 1) / (total + 1);
}

/// Marks a mask in a picture: green inside. picture: uint8 [3, H, W]; mask: bool [H, W].
at::Tensor tinted(const at::Tensor& picture, const at::Tensor& mask) {
  const at::Tensor green = at::tensor(std::vector<float>{0, 220, 60}).view({3, 1, 1});
  const at::Tensor mixed = picture.to(at::kFloat) * 0.5 + green * 0.5;
  return at::where(mask.unsqueeze(0), mixed, picture.to(at::kFloat)).to(at::kByte);
}

class SegmenterTraining : public TrainingTask {
 public:
  SegmenterTraining(const SegmenterData& data, const SegmenterSetup& setup,
                    const SegmenterTrainingOptions& options)
      : data_(data),
        setup_(setup),
        options_(options),
        tokenizer_(ClipTokenizer::from_folder(setup.tokenizer_folder)),
        prompts_(data.vocabulary),
        autoencoder_(setup.autoencoder_folder ? load_frozen_autoencoder(*setup.autoencoder_folder)
                                              : nullptr),
        network_(fitted_config(setup.config, tokenizer_)),
        batches_(data.scenes, data.composer, prompts_, autoencoder_.get(), mixture(options)) {
    use_channels_last(*network_);
    if (setup.autoencoder_folder) {
      autoencoder_identity_ =
          sha256_of_file(*setup.autoencoder_folder / "diffusion_pytorch_model.safetensors");
    }
  }

  torch::nn::Module& module() override { return *network_; }

  at::Tensor loss(const std::vector<std::uint64_t>& seeds, at::Generator&) override {
    network_->train();
    const SegmenterBatch batch = batches_.make(seeds);
    const at::Tensor pixels = network_->pixel_features(batch.images);
    const at::Tensor prompts = network_->text_features(token_ids(batch.prompts));
    const at::Tensor logits = network_->match(pixels, prompts);  // [B, U, h, w]
    const at::Tensor entropy = cross_entropy(logits, batch.truth);
    const at::Tensor weights = batch.known * (1 + (options_.positive_weight - 1) * batch.truth);
    const at::Tensor of_locations =
        weights.slice(1, 0, batch.location_count) * location_weights(batch);
    const at::Tensor of_absent = weights.slice(1, batch.location_count) *
                                 (1 + (options_.confusion_weight - 1) * batch.object);
    return options_.location_weight *
               weighted_mean(entropy.slice(1, 0, batch.location_count), of_locations) +
           options_.absent_weight *
               weighted_mean(entropy.slice(1, batch.location_count), of_absent) +
           options_.object_weight * own_loss(batch, logits) +
           options_.name_weight * name_loss(batch, logits);
  }

  void save_model(const std::filesystem::path& folder) override {
    measure_statistics();
    std::filesystem::create_directories(folder);
    save_json(folder / "config.json", network_->config().to_json());
    save_json(folder / "vocabulary.json", prompts_.known(options_.threshold).to_json());
    std::filesystem::copy(setup_.tokenizer_folder, folder / "tokenizer",
                          std::filesystem::copy_options::overwrite_existing |
                              std::filesystem::copy_options::recursive);
    StateDict stored;
    for (const auto& [key, tensor] : state_dict(*network_)) {
      // Variances may leave the range of half precision; they are few.
      const bool halve = tensor.is_floating_point() && key.find(".running_") == std::string::npos;
      stored[key] = (halve ? tensor.detach().to(at::kHalf) : tensor.detach()).contiguous();
    }
    save_safetensors(folder / "model.safetensors", stored, {{"format", "pt"}});
  }

  at::Tensor sample_sheet() override {
    measure_statistics();
    network_->eval();
    std::vector<at::Tensor> pictures;
    const at::Tensor road = network_->text_features(token_ids({"the road"}));
    const int64_t scene_step = std::max<int64_t>(1, data_.held_out_scenes.size() / kSheetScenes);
    for (int64_t i = 0; i < std::min(kSheetScenes, data_.held_out_scenes.size()); ++i) {
      const at::Tensor& scene = data_.held_out_scenes.image(i * scene_step);
      pictures.push_back(answered(middle_square(scene), road));
    }
    for (int64_t i = 0; i < kSheetCrops; ++i) {
      const ComposedCrop crop =
          data_.held_out_composer.compose(derive_seed(0, "segmenter sheet", 0, i));
      const std::string name = crop.name < 0 ? "dog" : data_.vocabulary.names.at(crop.name).name;
      const at::Tensor picture = middle_square(crop.image);
      pictures.push_back(picture);
      pictures.push_back(answered(picture, network_->text_features(token_ids({"a " + name}))));
    }
    network_->train();
    return picture_grid(at::stack(pictures), kSheetColumns);
  }

  std::string recipe() const override {
    return "segmenter " + options_to_json(options_).dump() +
           nlohmann::ordered_json(network_->config().to_json()).dump() + " vae " +
           autoencoder_identity_;
  }

 private:
  static SegmenterMixture mixture(const SegmenterTrainingOptions& options) {
    SegmenterMixture mixture;
    mixture.window_sizes = options.window_sizes_px;
    mixture.scene_share = options.scene_share;
    mixture.other_names = options.other_names;
    mixture.autoencoder_share = options.autoencoder_share;
    mixture.variation.color_jitter = options.color_jitter;
    mixture.variation.degraded_share = options.degraded_share;
    return mixture;
  }

  /// Start, text, end and padding with the end: int64 [K, T].
  at::Tensor token_ids(const std::vector<std::string>& texts) const {
    std::vector<std::vector<int64_t>> ids;
    for (const std::string& text : texts) ids.push_back(tokenizer_.tokenize(text));
    return prompt_rows(ids, tokenizer_.start_id(), network_->config());
  }

  at::Tensor location_weights(const SegmenterBatch& batch) const {
    at::Tensor weights = at::ones({1, batch.location_count, 1, 1});
    if (batch.road >= 0) weights[0][batch.road].fill_(options_.road_weight);
    return weights;
  }

  /// Cross entropy and Dice of the prompts that name a crop's object, at full resolution.
  at::Tensor own_loss(const SegmenterBatch& batch, const at::Tensor& logits) const {
    if (batch.own_rows.empty()) return at::zeros({});
    const at::Tensor rows = at::tensor(batch.own_rows);
    const at::Tensor columns = at::tensor(batch.own_columns);
    const int64_t size = batch.images.size(2);
    const at::Tensor own =
        PromptSegmenterImpl::upsample(logits.index({rows, columns}).unsqueeze(1), size, size);
    const at::Tensor weights =
        batch.own_known * (1 + (options_.positive_weight - 1) * batch.own_truth);
    return weighted_mean(cross_entropy(own, batch.own_truth), weights) +
           dice_loss(own.sigmoid(), batch.own_truth, batch.own_known).mean();
  }

  /// Cross entropy between the names, of their mean logits over the object's cells. Cell by cell
  /// alone, finding objects of any name is so much easier that names are learned late.
  at::Tensor name_loss(const SegmenterBatch& batch, const at::Tensor& logits) const {
    if (batch.own_rows.empty()) return at::zeros({});
    const at::Tensor rows = at::tensor(batch.own_rows);
    const std::array<int64_t, 2> cells = {2, 3};
    const at::Tensor share = batch.object.index_select(0, rows);  // [N, 1, h, w]
    const at::Tensor mean = (logits.index_select(0, rows) * share).sum(cells) /
                            share.sum(cells).clamp_min(1e-3);  // [N, U]
    const at::Tensor among = mean.masked_fill(batch.own_choices.logical_not(), kNoChoice);
    return at::cross_entropy_loss(among, at::tensor(batch.own_columns));
  }

  /// The normalisation of the weights as they are now (perhaps averaged ones), over training
  /// batches: training itself normalises by the batch.
  void measure_statistics() {
    const at::NoGradGuard no_gradients;
    for (const auto& buffer : network_->named_buffers()) buffer.value().zero_();
    network_->train();
    for (int64_t i = 0; i < options_.statistics_batches; ++i) {
      std::vector<std::uint64_t> seeds;
      for (int64_t j = 0; j < kStatisticsBatchSize; ++j) {
        seeds.push_back(derive_seed(0, "segmenter statistics", i, j));
      }
      network_->pixel_features(batches_.make(seeds).images);
    }
    network_->eval();
  }

  at::Tensor middle_square(const at::Tensor& image) const {
    const int64_t side = std::min(image.size(1), image.size(2));
    const at::Tensor square = image.narrow(1, (image.size(1) - side) / 2, side)
                                  .narrow(2, (image.size(2) - side) / 2, side);
    const at::Tensor resized = at::_upsample_bilinear2d_aa(
        square.unsqueeze(0).to(at::kFloat), at::IntArrayRef{kSheetSidePx, kSheetSidePx}, false);
    return resized.round().clamp(0, 255).to(at::kByte).squeeze(0);
  }

  at::Tensor answered(const at::Tensor& picture, const at::Tensor& prompt) {
    const at::Tensor image = to_model_range(picture).unsqueeze(0);
    const at::Tensor logits = network_->match(network_->pixel_features(image), prompt);
    const at::Tensor full = PromptSegmenterImpl::upsample(logits, picture.size(1), picture.size(2));
    return tinted(picture, full[0][0].sigmoid().gt(options_.threshold));
  }

  SegmenterData data_;
  SegmenterSetup setup_;
  SegmenterTrainingOptions options_;
  ClipTokenizer tokenizer_;
  SegmenterPrompts prompts_;
  std::unique_ptr<Autoencoder> autoencoder_;
  std::string autoencoder_identity_ = "none";
  PromptSegmenter network_;
  SegmenterBatches batches_;
};

}  // namespace

void SegmenterTrainingOptions::validate() const {
  const bool sizes_fit = !window_sizes_px.empty() &&
                         std::all_of(window_sizes_px.begin(), window_sizes_px.end(),
                                     [](int64_t s) { return s % 32 == 0 && s >= 32 && s <= 1024; });
  require_option(sizes_fit, "window_sizes", window_sizes_px, "multiples of 32 from 32 to 1024");
  const auto share = [](const char* name, double value) {
    require_option(value >= 0 && value <= 1, name, value, "in [0, 1]");
  };
  share("scene_share", scene_share);
  share("autoencoder_share", autoencoder_share);
  share("degraded_share", degraded_share);
  require_option(other_names >= 0, "other_names", other_names, "0 or more");
  require_option(positive_weight > 0, "positive_weight", positive_weight, "positive");
  require_option(road_weight >= 0, "road_weight", road_weight, "0 or more");
  require_option(location_weight >= 0, "location_weight", location_weight, "0 or more");
  require_option(absent_weight >= 0, "absent_weight", absent_weight, "0 or more");
  require_option(confusion_weight > 0, "confusion_weight", confusion_weight, "positive");
  require_option(object_weight >= 0, "object_weight", object_weight, "0 or more");
  require_option(name_weight >= 0, "name_weight", name_weight, "0 or more");
  require_option(color_jitter >= 0 && color_jitter < 1, "color_jitter", color_jitter, "in [0, 1)");
  require_option(threshold > 0 && threshold < 1, "threshold", threshold, "between 0 and 1");
  require_option(statistics_batches >= 1, "statistics_batches", statistics_batches, "1 or more");
}

std::unique_ptr<TrainingTask> make_segmenter_training(const SegmenterData& data,
                                                      const SegmenterSetup& setup,
                                                      const SegmenterTrainingOptions& options) {
  options.validate();
  return std::make_unique<SegmenterTraining>(data, setup, options);
}

}  // namespace situ
