// SPDX-License-Identifier: Apache-2.0
// Both stages of the small inpainter's training at toy size, and the model that comes out in use.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "situ/backends/registry.h"
#include "situ/core/errors.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/tasks/unknown_prompt.h"
#include "situ/training/autoencoder_training.h"
#include "situ/training/composition/crop_composer.h"
#include "situ/training/composition/made_data.h"
#include "situ/training/inpainter_training.h"
#include "situ/training/optimizer.h"
#include "situ/training/trainer.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const char* const kVae = R"({"_class_name": "AutoencoderTiny", "act_fn": "relu",
  "latent_channels": 4, "encoder_block_out_channels": [8, 8, 8],
  "decoder_block_out_channels": [8, 8, 8], "num_encoder_blocks": [1, 1, 1],
  "num_decoder_blocks": [1, 1, 1], "upsample_fn": "nearest", "upsampling_scaling_factor": 2,
  "scaling_factor": 1.0, "shift_factor": 0.0})";
const char* const kUnet = R"({"_class_name": "UNet2DConditionModel", "sample_size": 8,
  "in_channels": 9, "out_channels": 4, "block_out_channels": [8, 16], "layers_per_block": 1,
  "down_block_types": ["DownBlock2D", "DownBlock2D"], "mid_block_type": "UNetMidBlock2DCrossAttn",
  "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "attention_head_dim": 2,
  "cross_attention_dim": 16, "norm_num_groups": 4})";
const char* const kText = R"({"architectures": ["CLIPTextModel"], "vocab_size": 1033,
  "bos_token_id": 1031, "eos_token_id": 1032, "pad_token_id": 1032, "hidden_size": 16,
  "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
  "max_position_embeddings": 24, "hidden_act": "gelu", "layer_norm_eps": 1e-5,
  "projection_dim": 16})";
const char* const kScheduler = R"({"_class_name": "DDIMScheduler", "num_train_timesteps": 1000,
  "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
  "prediction_type": "sample", "timestep_spacing": "trailing", "clip_sample": false,
  "set_alpha_to_one": true, "steps_offset": 0})";

TrainingOptions toy_run(int64_t steps) {
  TrainingOptions options;
  options.steps = steps;
  options.batch_size = 4;
  options.learning_rate = 5e-3;
  options.warmup_steps = 1;
  options.average_decay = 0;
  options.autocast = "float32";
  return options;
}

/// Two grey roads, a red dog and a blue cat.
class InpainterTraining : public testing::Test {
 protected:
  fs::path run() const { return folder_.path() / "run"; }
  fs::path vae() const { return run() / "autoencoder" / "model" / "vae"; }
  fs::path model() const { return run() / "denoiser" / "model"; }

  TrainingResult train_autoencoder(int64_t steps) const {
    const auto task = make_autoencoder_training(composer_, Json::parse(kVae));
    return train(*task, toy_run(steps), run() / "autoencoder");
  }

  std::unique_ptr<TrainingTask> denoiser(InpainterTrainingOptions options = {},
                                         const char* prediction = "sample") const {
    Json scheduler = Json::parse(kScheduler);
    scheduler["prediction_type"] = prediction;
    options.cached_crops = 16;
    options.sample_steps = 2;
    options.sample_guidance = 2.5;
    return make_inpainter_training(
        composer_,
        {.autoencoder_folder = vae(),
         .tokenizer_folder = SITU_SOURCE_DIR "/models/mini-inpainter/tokenizer",
         .unet_config = Json::parse(kUnet),
         .text_encoder_config = Json::parse(kText),
         .scheduler_config = scheduler,
         .objects = {{.phrases = {"dog", "puppy"},
                      .cutouts = {cutouts_.rendered(0)[0].premultiplied}},
                     {.phrases = {"cat"}}}},
        options);
  }

  made::Folder folder_;
  SceneSource scenes_{{made::half_road_scene(folder_, "a", 240, 320),
                       made::half_road_scene(folder_, "b", 180, 240)}};
  CutoutSource cutouts_{Vocabulary{{made::plain_name("dog"), made::plain_name("cat")}},
                        {{made::plain_cutout(80, 80, 250, 20, 20, true)},
                         {made::plain_cutout(80, 80, 20, 20, 250, true)}}};
  CropComposer composer_{scenes_, cutouts_, {.crop_size = 32}};
};

/// The loss of the same four samples before and after 30 steps on them.
std::pair<double, double> losses_of_a_batch_seen_again(TrainingTask& task) {
  Optimizer optimizer(task.module(), {.weight_decay = 0});
  double first = 0, last = 0;
  for (int step = 0; step < 30; ++step) {
    at::Generator noise = at::make_generator<at::CPUGeneratorImpl>(7);
    const at::Tensor loss = task.loss({1, 2, 3, 4}, noise);
    loss.backward();
    optimizer.step(5e-3);
    if (step == 0) first = loss.item<double>();
    last = loss.item<double>();
  }
  return {first, last};
}

TEST_F(InpainterTraining, LowersTheLossOfABatchThatItSeesAgain) {
  at::manual_seed(1);
  const auto autoencoder = make_autoencoder_training(composer_, Json::parse(kVae));
  const auto [vae_first, vae_last] = losses_of_a_batch_seen_again(*autoencoder);
  EXPECT_LT(vae_last, 0.7 * vae_first);
  train_autoencoder(1);
  for (const char* prediction : {"sample", "v_prediction"}) {
    const auto task = denoiser({}, prediction);
    task->prepare(run());
    const auto [first, last] = losses_of_a_batch_seen_again(*task);
    EXPECT_LT(last, 0.7 * first) << prediction;
  }
}

TEST_F(InpainterTraining, EndsInAModelThatPaintsAndKnowsItsWords) {
  train_autoencoder(2);
  EXPECT_EQ(train(*denoiser(), toy_run(2), run() / "denoiser").steps_done, 2);
  const auto inpainter = make_inpainter(model(), {});
  const at::Tensor image = at::full({3, 48, 40}, 90, at::kByte);
  at::Tensor hole = at::zeros({48, 40}, at::kBool);
  hole.slice(0, 12, 40).slice(1, 10, 30).fill_(true);
  const InpaintingOptions options{.steps = 2};
  const at::Tensor painted = inpainter->inpaint(image, hole, "A good photo of a puppy", options, 3);
  EXPECT_EQ(painted.sizes(), image.sizes());
  EXPECT_TRUE(
      at::equal(painted, inpainter->inpaint(image, hole, "A good photo of a puppy", options, 3)));
  EXPECT_THROW(inpainter->require_known("A good photo of a horse"), UnknownPrompt);
  EXPECT_THROW(inpainter->inpaint(image, hole, "a horse", options, 3), UnknownPrompt);
  EXPECT_EQ(inpainting_defaults(model()).guidance_scale, 2.5);
  EXPECT_EQ(inpainter->start_of("a dog", {.strength = 0.5}), PaintingStart::kPicture);
}

TEST_F(InpainterTraining, SendsItsCutoutsAlongWhereThePaintingShallStartFromThem) {
  train_autoencoder(1);
  train(*denoiser({.default_strength = 0.25}), toy_run(1), run() / "denoiser");
  EXPECT_EQ(inpainting_defaults(model()).strength, 0.25);
  const auto inpainter = make_inpainter(model(), {});
  EXPECT_EQ(inpainter->start_of("a dog", {.strength = 0.25}), PaintingStart::kCutout);
  const at::Tensor image = at::full({3, 40, 40}, 90, at::kByte);
  at::Tensor hole = at::zeros({40, 40}, at::kBool);
  hole.slice(0, 10, 30).slice(1, 10, 30).fill_(true);
  for (const int64_t steps : {1, 3, 49}) {  // less than one step is still one
    EXPECT_NO_THROW(
        inpainter->inpaint(image, hole, "a dog", {.steps = steps, .strength = 0.01}, 1));
  }
  EXPECT_EQ(inpainter->start_of("a cat", {.strength = 0.25}), PaintingStart::kPicture);
  EXPECT_EQ(inpainter->start_of("a dog", {.strength = 1}), PaintingStart::kNoise);
  // One step is the whole schedule.
  EXPECT_EQ(inpainter->start_of("a dog", {.steps = 1, .strength = 0.25}), PaintingStart::kNoise);
  EXPECT_TRUE(at::equal(load_image_rgba(model() / "cutouts" / "dog_0.png"),
                        cutouts_.rendered(0)[0].premultiplied));
}

TEST_F(InpainterTraining, WritesHalfPrecisionWeightsUnderThePublishedNames) {
  train_autoencoder(1);
  train(*denoiser(), toy_run(1), run() / "denoiser");
  const SafetensorsFile text(model() / "text_encoder" / "model.safetensors");
  for (const std::string& name : text.names()) {
    EXPECT_TRUE(name.starts_with("text_model.")) << name;
    EXPECT_EQ(text.tensor(name).scalar_type(), at::kHalf) << name;
  }
  const SafetensorsFile unet(model() / "unet" / "diffusion_pytorch_model.safetensors");
  EXPECT_EQ(unet.tensor("conv_in.weight").scalar_type(), at::kHalf);
  EXPECT_EQ(load_json(model() / "model_index.json")["_class_name"],
            "StableDiffusionInpaintPipeline");
}

TEST_F(InpainterTraining, EncodesTheCropsOnlyOnce) {
  train_autoencoder(1);
  const fs::path cache = run() / "denoiser" / "latents.safetensors";
  train(*denoiser(), toy_run(1), run() / "denoiser");
  const auto first = fs::last_write_time(cache);
  train(*denoiser(), toy_run(1), run() / "denoiser");
  EXPECT_EQ(fs::last_write_time(cache), first);
}

TEST_F(InpainterTraining, RefusesOptionsOutOfBounds) {
  train_autoencoder(1);
  EXPECT_THROW(denoiser({.drop_prompt = 1.5}), std::invalid_argument);
  EXPECT_THROW(denoiser({.outside_weight = 0}), std::invalid_argument);
  EXPECT_THROW(denoiser({.snr_limit = -1}), std::invalid_argument);
  EXPECT_THROW(denoiser({}, "epsilon"), DataError);
}

}  // namespace
}  // namespace situ
