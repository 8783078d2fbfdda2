// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/autoencoder_files.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/backends/original_autoencoder.h"
#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/nn/layers.h"

namespace situ {
namespace {

using ::testing::HasSubstr;

// TAESD as its authors' taesd.py builds it: the numbers of the convolutions without a bias and of
// the blocks; the first and the last layer have one.
struct Sequence {
  int64_t first, last, in_channels, out_channels;
  std::vector<int64_t> convolutions, blocks;
};
const Sequence kEncoder{0, 14, 3, 4, {2, 6, 10}, {1, 3, 4, 5, 7, 8, 9, 11, 12, 13}};
const Sequence kDecoder{1, 19, 4, 3, {7, 12, 17}, {3, 4, 5, 8, 9, 10, 13, 14, 15, 18}};

// Each tensor its own numbers, in the true sizes where `width` is 64.
StateDict state_of(const Sequence& sequence, int64_t width) {
  StateDict state;
  const auto add = [&](const std::string& key, int64_t out, int64_t in, bool bias) {
    state[key + ".weight"] =
        at::full({}, static_cast<double>(state.size())).expand({out, in, 3, 3});
    if (bias) state[key + ".bias"] = at::full({}, static_cast<double>(state.size())).expand({out});
  };
  add(std::to_string(sequence.first), width, sequence.in_channels, true);
  add(std::to_string(sequence.last), sequence.out_channels, width, true);
  for (const int64_t layer : sequence.convolutions) add(std::to_string(layer), width, width, false);
  for (const int64_t layer : sequence.blocks) {
    for (const char* step : {".conv.0", ".conv.2", ".conv.4"}) {
      add(std::to_string(layer) + step, width, width, true);
    }
  }
  return state;
}

StateDict with_prefix(const StateDict& state, const std::string& prefix) {
  StateDict result;
  for (const auto& [key, tensor] : state) result[prefix + key] = tensor;
  return result;
}

StateDict joined(StateDict a, StateDict b) {
  a.merge(b);
  return a;
}

void expect_equal(const StateDict& got, const StateDict& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [key, tensor] : expected) {
    ASSERT_TRUE(got.contains(key)) << key;
    EXPECT_TRUE(at::equal(got.at(key), tensor)) << key;
  }
}

TEST(TinyAutoencoderFiles, OfThePublishedSizeFillDiffusersNetworkExactly) {
  const ConvertedPart part =
      tiny_autoencoder_from_original(state_of(kEncoder, 64), state_of(kDecoder, 64), "file");
  const UninitializedWeights guard(at::kHalf);
  const auto network = make_autoencoder({{"_class_name", "AutoencoderTiny"}}, "defaults");
  const StateDict own = state_dict(network->module());
  ASSERT_EQ(own.size(), part.weights.size());
  for (const auto& [key, tensor] : own) {
    ASSERT_TRUE(part.weights.contains(key)) << key;
    EXPECT_EQ(tensor.sizes(), part.weights.at(key).sizes()) << key;
  }
  EXPECT_EQ(part.config["encoder_block_out_channels"], nlohmann::json({64, 64, 64, 64}));
  EXPECT_EQ(part.config["num_encoder_blocks"], nlohmann::json({1, 3, 3, 3}));
  EXPECT_EQ(part.config["num_decoder_blocks"], nlohmann::json({3, 3, 3, 1}));
  EXPECT_EQ(part.config["latent_channels"], 4);
  EXPECT_EQ(part.config["scaling_factor"], 1.0);
}

TEST(TinyAutoencoderFiles, HaveADecoderWhoseClampDiffusersDoesNotCount) {
  const StateDict decoder = state_of(kDecoder, 4);
  const ConvertedPart part = tiny_autoencoder_from_original(state_of(kEncoder, 4), decoder, "file");
  EXPECT_TRUE(at::equal(part.weights.at("decoder.layers.0.bias"), decoder.at("1.bias")));
  EXPECT_TRUE(at::equal(part.weights.at("decoder.layers.17.conv.4.weight"),
                        decoder.at("18.conv.4.weight")));
}

class AutoencoderFiles : public ::testing::Test {
 protected:
  AutoencoderFiles()
      : expected_(tiny_autoencoder_from_original(encoder_, decoder_, "expected").weights) {}

  void write(const std::string& name, const StateDict& state) {
    save_safetensors(folder_ / name, state);
  }
  StateDict read(const std::string& name = "") {
    return read_autoencoder(folder_ / name, "", 0.18215).weights;
  }
  std::string message(const std::string& name = "") {
    try {
      read(name);
    } catch (const DataError& error) {
      return error.what();
    } catch (const FileError& error) {
      return error.what();
    }
    return "read";
  }

  TemporaryFolder folder_;
  StateDict encoder_ = state_of(kEncoder, 4);
  StateDict decoder_ = state_of(kDecoder, 4);
  StateDict expected_;
};

TEST_F(AutoencoderFiles, AreAFolderWithTheTwoFilesOfTaesdOrOneOfThese) {
  write("taesd_encoder.safetensors", encoder_);
  write("taesd_decoder.pth", decoder_);  // what a file is is told by its content
  expect_equal(read(), expected_);
  expect_equal(read("taesd_encoder.safetensors"), expected_);
  expect_equal(read("taesd_decoder.pth"), expected_);
}

TEST_F(AutoencoderFiles, AreOneFileOfBothHalvesUnderEachOfItsNames) {
  StateDict comfy =
      joined(with_prefix(encoder_, "taesd_encoder."), with_prefix(decoder_, "taesd_decoder."));
  comfy["vae_scale"] = at::full({1}, 0.18215);  // of that program's own latents
  comfy["vae_shift"] = at::zeros({1});
  write("taesd.safetensors", comfy);
  write("module.safetensors",
        joined(with_prefix(encoder_, "encoder."), with_prefix(decoder_, "decoder.")));
  write("diffusers.safetensors", expected_);
  for (const char* name : {"taesd.safetensors", "module.safetensors", "diffusers.safetensors"}) {
    SCOPED_TRACE(name);
    expect_equal(read(name), expected_);
  }
}

TEST_F(AutoencoderFiles, AreAFolderOfDiffusersBeforeAnythingElseInIt) {
  write("diffusion_pytorch_model.safetensors", expected_);
  write("taesd_encoder.safetensors", decoder_);
  save_json(folder_ / "config.json", {{"_class_name", "AutoencoderTiny"}, {"latent_channels", 4}});
  const ModelPart part = read_autoencoder(folder_.path(), "", 1);
  expect_equal(part.weights, expected_);
  EXPECT_EQ(part.config["latent_channels"], 4);
}

TEST_F(AutoencoderFiles, OfAWholeModelAreInItsFolderVae) {
  std::filesystem::create_directories(folder_ / "vae");
  write("vae/diffusion_pytorch_model.safetensors", expected_);
  save_json(folder_ / "vae/config.json", {{"_class_name", "AutoencoderTiny"}});
  save_json(folder_ / "model_index.json", nlohmann::json::object());
  expect_equal(read(), expected_);
}

TEST_F(AutoencoderFiles, ThatAreNoneSayWhatWasExpected) {
  EXPECT_THAT(message("nothing"), HasSubstr("nothing: no such folder or file"));
  EXPECT_THAT(message(), HasSubstr("expected config.json and weights of diffusers, or "
                                   "taesd_encoder and taesd_decoder"));
  write("lora.safetensors", {{"unet.a.lora_A.weight", at::ones({1})}});
  EXPECT_THAT(message("lora.safetensors"),
              HasSubstr("lora.safetensors: expected an autoencoder; it looks like a LoRA"));
  write("kl.safetensors", {{"encoder.down_blocks.0.a", at::ones({1})}});
  EXPECT_THAT(message("kl.safetensors"), HasSubstr("config.json: missing"));
}

TEST_F(AutoencoderFiles, ThatAreIncompleteSayWhatIsMissing) {
  write("taesd_encoder.safetensors", encoder_);
  EXPECT_THAT(message("taesd_encoder.safetensors"),
              HasSubstr("expected taesd_decoder beside it, got none"));
  write("taesd_decoder.safetensors", encoder_);
  EXPECT_THAT(message(), HasSubstr("taesd_decoder.safetensors: expected the decoder of TAESD"));
  write("half.safetensors", encoder_);
  EXPECT_THAT(message("half.safetensors"), HasSubstr("is one half of TAESD"));
  write("prefixed.safetensors", with_prefix(encoder_, "taesd_encoder."));
  EXPECT_THAT(message("prefixed.safetensors"), HasSubstr("got none of one"));
}

TEST_F(AutoencoderFiles, OfSeveralAutoencodersNeedAName) {
  for (const char* name : {"taesd", "taesdxl"}) {
    write(std::string(name) + "_encoder.safetensors", encoder_);
    write(std::string(name) + "_decoder.safetensors", decoder_);
  }
  EXPECT_THAT(message(), HasSubstr("several autoencoders there (taesd, taesdxl); name a file of "
                                   "one, such as taesd_decoder"));
  expect_equal(read("taesdxl_decoder.safetensors"), expected_);
}

TEST_F(AutoencoderFiles, WithWeightsWhereTheClampIsAreAnError) {
  decoder_["0.weight"] = at::ones({1});
  write("taesd_encoder.safetensors", encoder_);
  write("taesd_decoder.safetensors", decoder_);
  EXPECT_THAT(message(), HasSubstr("0.weight: expected no weights at 0"));
}

}  // namespace
}  // namespace situ
