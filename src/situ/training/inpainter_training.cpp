// SPDX-License-Identifier: Apache-2.0
#include "situ/training/inpainter_training.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/imaging/paste.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/io/sha256.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/stable_diffusion/denoising.h"
#include "situ/models/stable_diffusion/unet.h"
#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"
#include "situ/tokenizers/clip_tokenizer.h"
#include "situ/training/autoencoder_training.h"
#include "situ/training/latent_cache.h"

namespace situ {
namespace {

constexpr const char* kWeights = "diffusion_pytorch_model.safetensors";
constexpr int64_t kSavedCutoutPx = 128;  // no more than the small models paint

StateDict stored_weights(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  StateDict state;
  for (const std::string& name : file.names()) state[name] = file.tensor(name);
  return state;
}

StateDict halved(const torch::nn::Module& module, const std::string& prefix = "") {
  StateDict half;
  for (const auto& [key, tensor] : state_dict(module)) {
    half[prefix + key] = tensor.detach().to(at::kHalf).contiguous();
  }
  return half;
}

/// Both trained networks under one roof, so that one optimizer sees them.
class DenoiserImpl : public torch::nn::Module {
 public:
  DenoiserImpl(const UNetConfig& unet_config, const ClipTextConfig& text_config)
      : unet(register_module("unet", UNet(unet_config))),
        text_encoder(register_module("text_encoder", ClipTextEncoder(text_config))) {}
  UNet unet;
  ClipTextEncoder text_encoder;
};
TORCH_MODULE(Denoiser);

class InpainterTraining : public TrainingTask {
 public:
  InpainterTraining(const CropComposer& composer, const InpainterSetup& setup,
                    const InpainterTrainingOptions& options)
      : composer_(composer),
        setup_(setup),
        options_(options),
        tokenizer_(ClipTokenizer::from_folder(setup.tokenizer_folder)),
        autoencoder_(make_autoencoder(load_json(setup.autoencoder_folder / "config.json"),
                                      setup.autoencoder_folder / "config.json")),
        schedule_(NoiseSchedule::from_json(setup.scheduler_config, "scheduler configuration",
                                           {.set_alpha_to_one = true})),
        networks_(
            UNetConfig::from_json(setup.unet_config, "unet configuration"),
            ClipTextConfig::from_json(setup.text_encoder_config, "text encoder configuration")) {
    if (schedule_.prediction_type == PredictionType::kEpsilon) {
      throw DataError("scheduler configuration",
                      "prediction_type: expected sample or v_prediction to train, got epsilon");
    }
    const std::filesystem::path weights = setup.autoencoder_folder / kWeights;
    load_state_dict(autoencoder_->module(), stored_weights(weights), weights);
    use_channels_last(autoencoder_->module());
    for (at::Tensor& weight : autoencoder_->module().parameters()) weight.set_requires_grad(false);
    autoencoder_identity_ = sha256_of_file(weights);
    use_channels_last(*networks_->unet);
    // A zero last layer: the first prediction is the mean, which every later one improves on.
    const at::NoGradGuard no_gradients;
    for (auto& item : networks_->unet->named_parameters()) {
      if (item.key().starts_with("conv_out.")) item.value().zero_();
    }
  }

  torch::nn::Module& module() override { return *networks_; }

  void prepare(const std::filesystem::path& run_folder) override {
    cache_ = std::make_unique<LatentCache>(composer_, *autoencoder_, options_.cached_crops,
                                           run_folder / "latents.safetensors", crops_identity());
  }

  at::Tensor loss(const std::vector<std::uint64_t>& seeds,
                  at::Generator& noise_generator) override {
    std::vector<int64_t> indices;
    std::vector<at::Tensor> tokens;
    std::vector<Random> random;
    for (const std::uint64_t seed : seeds) {
      random.emplace_back(seed);
      indices.push_back(random.back().integer(0, cache_->size()));
    }
    const LatentBatch batch = cache_->batch(indices);
    for (std::size_t i = 0; i < seeds.size(); ++i)
      tokens.push_back(token_ids(batch.names[i], random[i]));

    const auto count = static_cast<int64_t>(seeds.size());
    const at::Tensor time = spread_times(count, noise_generator);
    const at::Tensor noise = at::randn(batch.latents.sizes(), noise_generator, at::kFloat);
    const at::Tensor noisy = schedule_.add_noise(batch.latents, noise, time);
    const at::Tensor target =
        predicts_sample() ? batch.latents : schedule_.velocity(batch.latents, noise, time);
    const at::Tensor input = at::cat({noisy, batch.mask, batch.masked_latents}, 1)
                                 .contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor text = networks_->text_encoder(at::stack(tokens));
    const at::Tensor output =
        networks_->unet(input, time, UNetCondition{.text = text}).to(at::kFloat);

    const at::Tensor where = options_.outside_weight + (1 - options_.outside_weight) * batch.mask +
                             (options_.object_weight - 1) * batch.object;  // [B, 1, h, w]
    const at::Tensor squared = ((output - target).pow(2) * where).mean(at::IntArrayRef{1, 2, 3}) /
                               where.mean(at::IntArrayRef{1, 2, 3});
    return (squared * time_weight(time)).mean();
  }

  void save_model(const std::filesystem::path& folder) override {
    for (const char* part : {"unet", "text_encoder", "scheduler"}) {
      std::filesystem::create_directories(folder / part);
    }
    save_json(folder / "unet" / "config.json", setup_.unet_config);
    save_safetensors(folder / "unet" / kWeights, halved(*networks_->unet), {{"format", "pt"}});
    save_json(folder / "text_encoder" / "config.json", setup_.text_encoder_config);
    save_safetensors(folder / "text_encoder" / "model.safetensors",
                     halved(*networks_->text_encoder, "text_model."), {{"format", "pt"}});
    save_json(folder / "scheduler" / "scheduler_config.json", setup_.scheduler_config);
    const auto overwrite = std::filesystem::copy_options::overwrite_existing |
                           std::filesystem::copy_options::recursive;
    std::filesystem::copy(setup_.autoencoder_folder, folder / "vae", overwrite);
    std::filesystem::copy(setup_.tokenizer_folder, folder / "tokenizer", overwrite);
    save_vocabulary(folder);
    save_json(folder / "defaults.json", {{"format", 1},
                                         {"guidance_scale", options_.sample_guidance},
                                         {"strength", options_.default_strength}});
    const auto part = [](const char* library, const char* name) {
      return nlohmann::ordered_json::array({library, name});
    };
    save_json(folder / "model_index.json",
              {{"_class_name", "StableDiffusionInpaintPipeline"},
               {"_diffusers_version", "0.42.0"},
               {"feature_extractor", {nullptr, nullptr}},
               {"image_encoder", {nullptr, nullptr}},
               {"requires_safety_checker", false},
               {"safety_checker", {nullptr, nullptr}},
               {"scheduler", part("diffusers", "DDIMScheduler")},
               {"text_encoder", part("transformers", "CLIPTextModel")},
               {"tokenizer", part("transformers", "CLIPTokenizer")},
               {"unet", part("diffusers", "UNet2DConditionModel")},
               {"vae", part("diffusers", setup_autoencoder_class().c_str())}});
  }

  at::Tensor sample_sheet() override {
    const auto count = static_cast<int64_t>(setup_.objects.size());
    std::vector<at::Tensor> images, holes, tokens;
    for (int64_t name = 0; name < count; ++name) {
      const ComposedCrop crop = composer_.compose(derive_seed(0, "inpainter sheet", name, 0));
      images.push_back(crop.image);
      holes.push_back(crop.hole.unsqueeze(0).to(at::kFloat));
      tokens.push_back(encoded(setup_.objects[name].phrases.front()));
    }
    const at::Tensor image = to_model_range(at::stack(images));
    const at::Tensor hole = at::stack(holes);
    const int64_t f = autoencoder_->factor();
    const at::Tensor masked = autoencoder_->encode(image * (1 - hole), std::nullopt);
    const at::Tensor latent_hole = hole.slice(2, 0, hole.size(2), f).slice(3, 0, hole.size(3), f);
    const at::Tensor without_words =
        networks_->text_encoder(encoded("").unsqueeze(0)).expand({count, -1, -1});
    const bool guided = options_.sample_guidance > 1;
    const Guidance guidance{.kind = guided ? Guidance::Kind::kText : Guidance::Kind::kNone,
                            .scale = options_.sample_guidance};
    const at::Tensor text = networks_->text_encoder(at::stack(tokens));
    const DenoisingTask task{
        .guidance = guidance,
        .condition = {.text = guided ? at::cat({without_words, text}) : text},
        .extra_channels = at::cat({latent_hole, masked}, 1).repeat({guidance.copies(), 1, 1, 1})};
    at::Generator noise = at::make_generator<at::CPUGeneratorImpl>(1);
    const std::unique_ptr<Scheduler> scheduler = make_scheduler(
        setup_.scheduler_config, "scheduler configuration", "auto", options_.sample_steps);
    const at::Tensor start =
        at::randn(masked.sizes(), noise, at::kFloat) * scheduler->initial_noise_scale();
    const at::Tensor latents = denoise(networks_->unet, *scheduler, task, start, 0, noise);
    return picture_grid(to_bytes(autoencoder_->decode(latents)), 8);
  }

  std::string recipe() const override {
    return "inpainter " + options_to_json(options_).dump() + " spread times, snr + 1 " +
           setup_.unet_config.dump() + setup_.text_encoder_config.dump() +
           setup_.scheduler_config.dump() + " vae " + autoencoder_identity_;
  }

 private:
  void save_vocabulary(const std::filesystem::path& folder) const {
    nlohmann::ordered_json names = nlohmann::ordered_json::array();
    for (const InpainterObject& object : setup_.objects) {
      nlohmann::ordered_json name = {{"name", object.phrases.front()}, {"phrases", object.phrases}};
      if (options_.default_strength < 1) {
        if (object.airborne) name["airborne"] = true;
        name["cutouts"] = save_cutouts(object, folder);
      }
      names.push_back(std::move(name));
    }
    save_json(folder / "vocabulary.json", {{"format", 1}, {"names", names}});
  }

  // Returns their paths below the folder: "cutouts/garbage_bag_0.png".
  static std::vector<std::string> save_cutouts(const InpainterObject& object,
                                               const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "cutouts");
    std::string stem = object.phrases.front();
    std::replace(stem.begin(), stem.end(), ' ', '_');
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < object.cutouts.size(); ++i) {
      paths.push_back("cutouts/" + stem + "_" + std::to_string(i) + ".png");
      save_png(folder / paths.back(), plain_colors(shrunk(object.cutouts[i], kSavedCutoutPx)));
    }
    return paths;
  }

  at::Tensor encoded(const std::string& prompt) const {
    return at::tensor(tokenizer_.encode(prompt), at::kLong);
  }

  at::Tensor token_ids(int64_t name, Random& random) const {
    if (name < 0 || random.chance(options_.drop_prompt)) return encoded("");
    const std::vector<std::string>& phrases = setup_.objects.at(name).phrases;
    const std::string& phrase = phrases[random.integer(0, static_cast<int64_t>(phrases.size()))];
    static const std::vector<std::string> kTemplates = {
        "A good photo of {}", "A good photo of a {}", "a photo of a {}", "{}", "a {}"};
    std::string prompt = kTemplates[random.integer(0, static_cast<int64_t>(kTemplates.size()))];
    prompt.replace(prompt.find("{}"), 2, phrase);
    return encoded(prompt);
  }

  // One time from each of `count` equal parts of the schedule: every batch sees all noise levels.
  at::Tensor spread_times(int64_t count, at::Generator& generator) const {
    const at::Tensor within = at::rand({count}, generator, at::kFloat);
    const at::Tensor share = (at::arange(count, at::kFloat) + within) / count;
    const int64_t times = schedule_.num_train_timesteps;
    return (share * times).to(at::kLong).clamp_max(times - 1);
  }

  // min(snr + 1, limit) on the squared error of the sample: the plain velocity loss where noise
  // prevails, which is where the object's shape is decided, and less where only fine noise is left.
  at::Tensor time_weight(const at::Tensor& time) const {
    const at::Tensor alpha = schedule_.alphas_cumprod.index_select(0, time);
    const at::Tensor snr_plus_one = 1 / (1 - alpha);
    const at::Tensor of_sample = snr_plus_one.clamp_max(options_.snr_limit);
    return predicts_sample() ? of_sample : of_sample / snr_plus_one;
  }

  bool predicts_sample() const { return schedule_.prediction_type == PredictionType::kSample; }

  // What the cached latents depend on: other networks may be trained on the same ones.
  std::string crops_identity() const {
    std::string names;
    for (const InpainterObject& object : setup_.objects) names += object.phrases.front() + ",";
    return options_to_json(composer_.options()).dump() + names + " vae " + autoencoder_identity_;
  }

  std::string setup_autoencoder_class() const {
    return load_json(setup_.autoencoder_folder / "config.json")
        .value("_class_name", "AutoencoderTiny");
  }

  const CropComposer& composer_;
  InpainterSetup setup_;
  InpainterTrainingOptions options_;
  ClipTokenizer tokenizer_;
  std::unique_ptr<Autoencoder> autoencoder_;
  std::string autoencoder_identity_;
  NoiseSchedule schedule_;
  Denoiser networks_;
  std::unique_ptr<LatentCache> cache_;
};

}  // namespace

void InpainterTrainingOptions::validate() const {
  require_option(cached_crops >= 1, "cached_crops", cached_crops, "1 or more");
  require_option(drop_prompt >= 0 && drop_prompt <= 1, "drop_prompt", drop_prompt, "in [0, 1]");
  require_option(outside_weight > 0, "outside_weight", outside_weight, "positive");
  require_option(object_weight > 0, "object_weight", object_weight, "positive");
  require_option(snr_limit > 0, "snr_limit", snr_limit, "positive");
  require_option(sample_steps >= 1, "sample_steps", sample_steps, "1 or more");
  require_option(default_strength > 0 && default_strength <= 1, "default_strength",
                 default_strength, "in (0, 1]");
}

std::unique_ptr<TrainingTask> make_inpainter_training(const CropComposer& composer,
                                                      const InpainterSetup& setup,
                                                      const InpainterTrainingOptions& options) {
  options.validate();
  return std::make_unique<InpainterTraining>(composer, setup, options);
}

}  // namespace situ
