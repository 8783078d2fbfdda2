// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/segment_anything_predictor.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/backends/segment_anything_keys.h"
#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/models/segment_anything/segment_anything.h"

namespace situ {
namespace {

using testing::HasSubstr;

const nlohmann::json kTiny = {
    {"model_type", "sam"},
    {"vision_config",
     {{"hidden_size", 16},
      {"num_hidden_layers", 2},
      {"num_attention_heads", 2},
      {"image_size", 64},
      {"mlp_dim", 24},
      {"window_size", 3},
      {"global_attn_indexes", {1U}},
      {"output_channels", 16},
      {"num_pos_feats", 8}}},
    {"prompt_encoder_config",
     {{"hidden_size", 16}, {"image_size", 64}, {"mask_input_channels", 8}}},
    {"mask_decoder_config",
     {{"hidden_size", 16}, {"mlp_dim", 16}, {"num_attention_heads", 2}, {"layer_norm_eps", 1e-5}}}};

StateDict random_state(const nlohmann::json& config) {
  at::manual_seed(1);
  SegmentAnything network(SamConfig::from_json(config, "config.json"));
  StateDict state;
  for (const auto& [key, tensor] : state_dict(*network)) {
    const bool scale = tensor.dim() == 1 && key.ends_with("weight");
    const double spread =
        tensor.dim() > 1 ? 1 / std::sqrt(static_cast<double>(tensor[0].numel())) : 0.1;
    state[key] = scale ? at::ones(tensor.sizes()) : at::randn(tensor.sizes()) * spread;
  }
  return state;
}

class SavedSegmentAnything : public testing::Test {
 protected:
  void save(const StateDict& state, const nlohmann::json& config = kTiny) {
    save_json(folder_ / "config.json", config);
    save_safetensors(folder_ / "model.safetensors", state);
  }
  std::unique_ptr<PromptableSegmenter> load() const {
    return load_segment_anything(folder_.path(), Compute{});
  }
  template <class Error>
  static std::string refusal(const std::filesystem::path& path) {
    try {
      load_segment_anything(path, Compute{});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  const at::Tensor image_ =
      at::arange(3 * 37 * 61).mul(7).remainder(256).to(at::kByte).view({3, 37, 61});
  const SegmentPrompts boxes_{
      .boxes = at::tensor({3.0F, 4.0F, 40.0F, 30.0F, 10.0F, 2.0F, 60.0F, 20.0F}).view({2, 4})};
};

TEST_F(SavedSegmentAnything, GivesMasksOfThePicturesSize) {
  save(random_state(kTiny));
  const auto segmenter = load();
  segmenter->set_image(image_);
  for (const bool several : {false, true}) {
    const int64_t guesses = several ? 3 : 1;
    const PromptedMasks got = segmenter->predict(boxes_, several);
    EXPECT_EQ(got.masks.sizes(), (at::IntArrayRef{2, guesses, 37, 61}));
    EXPECT_EQ(got.masks.scalar_type(), at::kBool);
    EXPECT_EQ(got.predicted_iou.sizes(), (at::IntArrayRef{2, guesses}));
    EXPECT_EQ(got.logits.sizes(), (at::IntArrayRef{2, guesses, 16, 16}));
  }
}

TEST_F(SavedSegmentAnything, OutlinesEachOfManyThingsAsIfItWereAlone) {
  save(random_state(kTiny));
  const auto segmenter = load();
  segmenter->set_image(image_);
  const at::Tensor corner = at::arange(40, at::kFloat).view({40, 1}) * at::tensor({0.5F, 0.3F});
  const at::Tensor boxes = at::cat({corner, corner + 15}, 1);  // more than go at once
  const at::Tensor points = (corner + 3).unsqueeze(1), labels = at::ones({40, 1}, at::kLong);
  const at::Tensor earlier = at::randn({40, 1, 16, 16});
  const auto some = [&](int64_t begin, int64_t count) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, begin, count); };
    return SegmentPrompts{part(boxes), part(points), part(labels), part(earlier)};
  };
  const PromptedMasks all = segmenter->predict(some(0, 40), true);
  for (const int64_t i : {0, 31, 32, 39}) {
    const at::Tensor alone = segmenter->predict(some(i, 1), true).logits[0];
    EXPECT_LE((all.logits[i] - alone).abs().max().item<double>(), 1e-5) << i;
  }
  EXPECT_GT((all.logits[0] - all.logits[39]).abs().max().item<double>(), 1e-3);
}

TEST_F(SavedSegmentAnything, AnswersForTheLastPicture) {
  save(random_state(kTiny));
  const auto segmenter = load();
  EXPECT_THROW(segmenter->predict(boxes_, false), std::logic_error);
  segmenter->set_image(image_);
  const at::Tensor first = segmenter->predict(boxes_, false).logits;
  segmenter->set_image(255 - image_);
  EXPECT_GT((segmenter->predict(boxes_, false).logits - first).abs().max().item<double>(), 1e-4);
  EXPECT_THROW(segmenter->set_image(at::zeros({37, 61}, at::kByte)), std::invalid_argument);
  segmenter->set_image(image_);
  EXPECT_TRUE(segmenter->predict(boxes_, false).logits.equal(first));
}

TEST_F(SavedSegmentAnything, RefusesPromptsThatDoNotFitTogether) {
  save(random_state(kTiny));
  const auto segmenter = load();
  segmenter->set_image(image_);
  const at::Tensor points = at::zeros({2, 1, 2}), labels = at::ones({2, 1}, at::kLong);
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<SegmentPrompts> wrong = {
      {},
      {.boxes = at::zeros({0, 4})},
      {.boxes = at::zeros({2, 5})},
      {.boxes = at::full({1, 4}, infinity)},
      {.points = points},
      {.points = at::zeros({2, 2}), .labels = labels},
      {.points = points, .labels = at::ones({1, 1}, at::kLong)},
      {.points = points, .labels = labels.to(at::kFloat)},
      {.points = points, .labels = labels * 2},
      {.boxes = at::zeros({1, 4}), .points = points, .labels = labels},
      {.boxes = at::zeros({2, 4}), .mask_logits = at::zeros({1, 1, 16, 16})},
      {.boxes = at::zeros({2, 4}), .mask_logits = at::zeros({2, 1, 8, 8})}};
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_THROW(segmenter->predict(wrong[i], false), std::invalid_argument) << i;
  }
}

TEST_F(SavedSegmentAnything, SaysWhatIsWrongWithAFolder) {
  EXPECT_THAT(refusal<FileError>(folder_.path()), HasSubstr("config.json"));
  StateDict state = random_state(kTiny);
  const std::string key = "vision_encoder.layers.1.attn.qkv.weight";
  const at::Tensor whole = state.at(key);
  state.erase(key);
  save(state);
  EXPECT_THAT(refusal<DataError>(folder_.path()), HasSubstr(key));
  state[key] = whole.narrow(0, 0, 24).contiguous();
  save(state);
  EXPECT_THAT(refusal<DataError>(folder_.path()), HasSubstr("[24, 16]"));
  state[key] = whole.clone();
  state[key][3][2] = NAN;
  save(state);
  EXPECT_THAT(refusal<DataError>(folder_.path()), HasSubstr(key));
  nlohmann::json other = kTiny;
  other["model_type"] = "sam_hq";
  save(state, other);
  EXPECT_THAT(refusal<DataError>(folder_.path()), HasSubstr("sam_hq"));
}

TEST_F(SavedSegmentAnything, CallsACheckpointOfAnotherModelByItsName) {
  const std::filesystem::path file = folder_ / "other.pth";
  save_safetensors(file, {{"transformer.encoder.fusion_layers.0.gamma_v", at::zeros({1})}});
  EXPECT_THAT(refusal<DataError>(file), HasSubstr("Grounding DINO"));
  save_safetensors(file, {{"image_encoder.blocks.0.attn.qkv.weight", at::zeros({1})}});
  EXPECT_THAT(refusal<DataError>(file), HasSubstr("vision_encoder.pos_embed"));
  EXPECT_THAT(refusal<FileError>(folder_ / "none.pth"), HasSubstr("none.pth"));
}

TEST_F(SavedSegmentAnything, ReadsTheOriginalLayoutWithoutAConfiguration) {
  nlohmann::json config = kTiny;
  config["vision_config"].update({{"hidden_size", 768},
                                  {"num_attention_heads", 12},
                                  {"output_channels", 256},
                                  {"num_pos_feats", 128}});
  config["prompt_encoder_config"] = {{"image_size", 64}};
  config["mask_decoder_config"] = {{"layer_norm_eps", 1e-5}};
  const StateDict state = random_state(config);
  save(state, config);
  save_safetensors(folder_ / "original.pth", sam_to_original(state));
  const auto theirs = load();
  const auto original = load_segment_anything(folder_ / "original.pth", Compute{});
  theirs->set_image(image_);
  original->set_image(image_);
  EXPECT_TRUE(original->predict(boxes_, true).logits.equal(theirs->predict(boxes_, true).logits));
}

TEST(SamConfigOf, RefusesSizesThatNoPictureHas) {
  const auto with = [](at::IntArrayRef positions, at::IntArrayRef patches) {
    const at::Tensor one = at::zeros({});
    return StateDict{{"vision_encoder.pos_embed", one.expand(positions)},
                     {"vision_encoder.patch_embed.projection.weight", one.expand(patches)}};
  };
  EXPECT_THROW(sam_config_of(with({1, 100000, 100000, 768}, {768, 3, 16, 16}), "x"), DataError);
  EXPECT_THROW(sam_config_of(with({1, 64, 32, 768}, {768, 3, 16, 16}), "x"), DataError);
  EXPECT_THROW(sam_config_of(with({1, 64, 64, 768}, {768, 3, 16, 100000}), "x"), DataError);
  EXPECT_THROW(sam_config_of(with({1, 64, 64, 700}, {700, 3, 16, 16}), "x"), DataError);
}

}  // namespace
}  // namespace situ
