// SPDX-License-Identifier: Apache-2.0
// Single files of the published sizes: every tensor comes to the place that diffusers and
// transformers have for it; see tools/make_original_checkpoint_fixture.py. No weights are held:
// each tensor is one number, seen in the tensor's shape.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "situ/backends/original_checkpoint.h"
#include "situ/core/errors.h"
#include "situ/io/npy.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/models/stable_diffusion/unet.h"
#include "situ/nn/layers.h"

namespace situ {
namespace {

using testing::HasSubstr;

std::vector<int64_t> shape_of(const std::string& text) {
  std::vector<int64_t> shape;
  std::istringstream numbers(text);
  for (std::string number; std::getline(numbers, number, 'x');) shape.push_back(std::stoll(number));
  return shape;
}

struct Line {
  std::string original, original_shape, network, key, shape;
};

std::vector<Line> lines_of(const std::string& family) {
  static const auto arrays = load_npz(SITU_SOURCE_DIR "/tests/parity/original_checkpoints.npz");
  const at::Tensor bytes = arrays.at(family).contiguous();
  std::istringstream text(
      std::string(reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>()),
                  static_cast<std::size_t>(bytes.numel())));
  std::vector<Line> lines;
  for (std::string row; std::getline(text, row);) {
    std::istringstream fields(row);
    Line line;
    std::getline(fields, line.original, '\t');
    std::getline(fields, line.original_shape, '\t');
    std::getline(fields, line.network, '\t');
    std::getline(fields, line.key, '\t');
    std::getline(fields, line.shape, '\t');
    lines.push_back(line);
  }
  return lines;
}

class PublishedCheckpoint : public testing::TestWithParam<const char*> {
 protected:
  PublishedCheckpoint() : lines_(lines_of(GetParam())) {
    for (const Line& line : lines_) {
      if (number_.emplace(line.original, number_.size()).second) {
        state_[line.original] =
            at::full({}, static_cast<double>(number_[line.original]), at::kFloat)
                .expand(shape_of(line.original_shape));
      }
    }
    checkpoint_ = from_original_layout(state_, GetParam());
  }

  const ConvertedPart& part(const std::string& network) const {
    if (network == "unet") return checkpoint_.unet;
    if (network == "vae") return checkpoint_.vae;
    return checkpoint_.text_encoders.at(network == "text_encoder" ? 0 : 1);
  }

  std::vector<Line> lines_;
  std::map<std::string, std::size_t> number_;
  StateDict state_;
  OriginalCheckpoint checkpoint_;
};

TEST_P(PublishedCheckpoint, BringsEveryTensorToItsPlace) {
  std::map<std::string, std::size_t> counts;
  for (const Line& line : lines_) {
    if (line.network.empty()) continue;
    ++counts[line.network];
    const StateDict& weights = part(line.network).weights;
    ASSERT_TRUE(weights.contains(line.key)) << line.network << " " << line.key;
    const at::Tensor& tensor = weights.at(line.key);
    EXPECT_EQ(tensor.sizes(), at::IntArrayRef(shape_of(line.shape))) << line.key;
    EXPECT_EQ(tensor.flatten()[0].item<float>(), static_cast<float>(number_[line.original]))
        << line.key << " is not from " << line.original;
  }
  for (const auto& [network, count] : counts) {
    EXPECT_EQ(part(network).weights.size(), count) << network;
  }
}

TEST_P(PublishedCheckpoint, FillsTheNetworksExactly) {
  const UninitializedWeights guard(at::kHalf);  // the memory is never touched
  const auto expect_filled = [&](const torch::nn::Module& network, const ConvertedPart& part) {
    const StateDict own = state_dict(network);
    ASSERT_EQ(own.size(), part.weights.size());
    for (const auto& [key, tensor] : own) {
      ASSERT_TRUE(part.weights.contains(key)) << key;
      EXPECT_EQ(tensor.sizes(), part.weights.at(key).sizes()) << key;
    }
  };
  expect_filled(*UNet(UNetConfig::from_json(checkpoint_.unet.config, "unet")), checkpoint_.unet);
  expect_filled(make_autoencoder(checkpoint_.vae.config, "vae")->module(), checkpoint_.vae);
  for (const ConvertedPart& text : checkpoint_.text_encoders) {
    expect_filled(*ClipTextEncoder(ClipTextConfig::from_json(text.config, "text")), text);
  }
}

INSTANTIATE_TEST_SUITE_P(Inpainting, PublishedCheckpoint, testing::Values("sd1", "sd2", "sdxl"),
                         [](const auto& info) { return std::string(info.param); });

TEST(OriginalCheckpoint, ReadsTheConfigurationsOfThePublishedModelsOffTheirShapes) {
  const auto converted = [](const char* family) {
    StateDict state;
    for (const Line& line : lines_of(family)) {
      state[line.original] = at::zeros({}).expand(shape_of(line.original_shape));
    }
    return from_original_layout(state, family);
  };
  const UNetConfig sd1 = UNetConfig::from_json(converted("sd1").unet.config, "unet");
  EXPECT_THAT(sd1.attention_heads, testing::ElementsAre(8, 8, 8, 8));
  EXPECT_FALSE(sd1.use_linear_projection);
  const UNetConfig sd2 = UNetConfig::from_json(converted("sd2").unet.config, "unet");
  EXPECT_THAT(sd2.attention_heads, testing::ElementsAre(5, 10, 20, 20));
  EXPECT_TRUE(sd2.use_linear_projection);
  const OriginalCheckpoint xl = converted("sdxl");
  const UNetConfig sdxl = UNetConfig::from_json(xl.unet.config, "unet");
  EXPECT_THAT(sdxl.transformer_layers, testing::ElementsAre(1, 2, 10));
  EXPECT_EQ(sdxl.addition_time_embed_dim, 256);
  EXPECT_EQ(xl.vae.config["scaling_factor"], 0.13025);
  EXPECT_EQ(xl.scheduler["_class_name"], "EulerDiscreteScheduler");
}

TEST(OriginalCheckpoint, SplitsTheThreeProductsOfAttentionInOrder) {
  StateDict state;
  for (const Line& line : lines_of("sd2")) {
    state[line.original] = at::zeros({}).expand(shape_of(line.original_shape));
  }
  const std::string key = "cond_stage_model.model.transformer.resblocks.3.attn.in_proj_bias";
  state[key] = at::arange(3 * 1024, at::kFloat);
  const OriginalCheckpoint checkpoint = from_original_layout(state, "file");
  const StateDict& text = checkpoint.text_encoders[0].weights;
  const std::string layer = "encoder.layers.3.self_attn.";
  EXPECT_EQ(text.at(layer + "q_proj.bias")[1].item<float>(), 1);
  EXPECT_EQ(text.at(layer + "k_proj.bias")[1].item<float>(), 1025);
  EXPECT_EQ(text.at(layer + "v_proj.bias")[1].item<float>(), 2049);
}

TEST(OriginalCheckpoint, SaysWhatAnotherFileLooksLike) {
  const auto message = [](const std::string& key) -> std::string {
    const StateDict state = {{key, at::zeros({1})}, {"x", at::zeros({1})}, {"y", at::zeros({1})}};
    try {
      from_original_layout(state, "file");
    } catch (const DataError& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_THAT(message("lora_unet_mid.lora_down.weight"), HasSubstr("looks like a LoRA"));
  EXPECT_THAT(message("control_model.a"), HasSubstr("a ControlNet"));
  EXPECT_THAT(message("double_blocks.0.x"), HasSubstr("Flux"));
  EXPECT_THAT(message("encoder.down.0.block.0.conv1.weight"), HasSubstr("an autoencoder alone"));
  EXPECT_THAT(message("zebra"), HasSubstr("its first tensor is x"));
}

}  // namespace
}  // namespace situ
