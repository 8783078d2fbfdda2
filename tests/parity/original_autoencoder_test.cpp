// SPDX-License-Identifier: Apache-2.0
// --vae with autoencoders in the layouts of their authors: the weights, and the picture, are those
// of the same autoencoder in the layout of diffusers.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "parity/tiny_model_folder.h"
#include "situ/backends/autoencoder_files.h"
#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

const nlohmann::json kTinyKl = {{"_class_name", "AutoencoderKL"},
                                {"block_out_channels", {32, 64}},
                                {"down_block_types", {"DownEncoderBlock2D", "DownEncoderBlock2D"}},
                                {"up_block_types", {"UpDecoderBlock2D", "UpDecoderBlock2D"}},
                                {"layers_per_block", 1},
                                {"latent_channels", 4},
                                {"scaling_factor", 0.25}};

nlohmann::json model_with(const nlohmann::json& vae) {
  nlohmann::json config = ParityFixture("diffusion_runs/sd_imagine").config();
  config["vae"] = vae;
  return config;
}

void expect_equal(const StateDict& got, const StateDict& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [key, tensor] : expected) {
    ASSERT_TRUE(got.contains(key)) << key;
    EXPECT_TRUE(at::equal(got.at(key), tensor)) << key;
  }
}

at::Tensor picture_of(const std::filesystem::path& model, const std::filesystem::path& vae) {
  StableDiffusionPipeline pipeline(model, {}, {.vae = vae});
  return pipeline.imagine(16, 16, {.prompt = "A good photo of a dog", .steps = 2}).picture;
}

// The keys of the original, see tools/make_original_checkpoint_fixture.py.
StateDict in_original_layout(const StateDict& state, const std::string& prefix) {
  const at::Tensor bytes = load_npz(SITU_SOURCE_DIR "/tests/parity/original_checkpoints.npz")
                               .at("tiny_vae")
                               .contiguous();
  std::istringstream rows(
      std::string(reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>()),
                  static_cast<std::size_t>(bytes.numel())));
  StateDict original;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream fields(row);
    std::string name, shape, network, key;
    std::getline(fields, name, '\t');
    std::getline(fields, shape, '\t');
    std::getline(fields, network, '\t');
    std::getline(fields, key, '\t');
    const auto axes = std::count(shape.begin(), shape.end(), 'x') + 1;
    const at::Tensor& tensor = state.at(key);
    original[prefix + name] =
        axes == 4 && tensor.dim() == 2 ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor;
  }
  return original;
}

TEST(OriginalAutoencoder, OfAWholeCheckpointOrAloneIsTheOneOfDiffusers) {
  const TinyModelFolder model(model_with(kTinyKl));
  const StateDict expected = read_diffusion_model(model.path()).vae.weights;
  const std::filesystem::path file = model.path() / "vae.safetensors";
  const at::Tensor picture = picture_of(model.path(), {});
  for (const char* prefix : {"", "first_stage_model."}) {
    StateDict state = in_original_layout(expected, prefix);
    ASSERT_EQ(state.size(), expected.size());
    // What training leaves in the files.
    state[std::string(prefix) + "loss.discriminator.main.0.weight"] = at::ones({1});
    state[std::string(prefix) + "model_ema.decay"] = at::ones({1});
    save_safetensors(file, state);
    const ModelPart vae = read_diffusion_model(model.path(), {.vae = file}).vae;
    expect_equal(vae.weights, expected);
    EXPECT_EQ(vae.config["scaling_factor"], 0.25);  // the model's own, which the file cannot tell
    EXPECT_TRUE(at::equal(picture_of(model.path(), file), picture));
  }
}

TEST(OriginalAutoencoder, AloneBesideItsConfigurationMayHaveTheKeysOfDiffusers) {
  const TinyModelFolder model(model_with(kTinyKl));
  const auto file = model.path() / "vae" / "diffusion_pytorch_model.safetensors";
  expect_equal(read_autoencoder(file, "", 1).weights,
               read_diffusion_model(model.path()).vae.weights);
}

TEST(OriginalAutoencoder, OfTheTinyKindPaintsThePictureOfTheFolder) {
  const nlohmann::json config = {{"_class_name", "AutoencoderTiny"},
                                 {"encoder_block_out_channels", {8, 8}},
                                 {"decoder_block_out_channels", {8, 8}},
                                 {"num_encoder_blocks", {1, 2}},
                                 {"num_decoder_blocks", {2, 1}}};
  const TinyModelFolder model(model_with(kTinyKl));
  const TinyModelFolder other(model_with(config));
  StateDict halves;
  for (const auto& [key, tensor] : read_diffusion_model(other.path()).vae.weights) {
    const std::string rest = key.substr(std::string("encoder.layers.").size());
    const std::size_t dot = rest.find('.');
    const bool decodes = key.starts_with("decoder.");
    const int number = std::stoi(rest.substr(0, dot)) + (decodes ? 1 : 0);
    halves[(decodes ? "taesd_decoder." : "taesd_encoder.") + std::to_string(number) +
           rest.substr(dot)] = tensor;
  }
  save_safetensors(model.path() / "taesd.safetensors", halves);
  const at::Tensor picture = picture_of(model.path(), other.path());
  EXPECT_TRUE(at::equal(picture_of(model.path(), model.path() / "taesd.safetensors"), picture));
  EXPECT_FALSE(at::equal(picture_of(model.path(), {}), picture));
}

}  // namespace
}  // namespace situ
