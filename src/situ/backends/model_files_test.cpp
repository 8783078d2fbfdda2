// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/model_files.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/atomic_file.h"
#include "situ/io/safetensors.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

class Folder : public testing::Test {
 protected:
  std::string message() const {
    try {
      load_weights(folder_.path(), "model");
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }
  const TemporaryFolder folder_;
};

using LoadWeights = Folder;

TEST_F(LoadWeights, PrefersTheFullFileToTheHalfPrecisionVariant) {
  save_safetensors(folder_ / "model.fp16.safetensors", {{"half", at::zeros({1}, at::kHalf)}});
  EXPECT_THAT(load_weights(folder_.path(), "model"), ElementsAre(Key("half")));
  save_safetensors(folder_ / "model.safetensors", {{"full", at::zeros({1})}});
  EXPECT_THAT(load_weights(folder_.path(), "model"), ElementsAre(Key("full")));
}

TEST_F(LoadWeights, PutsShardsTogether) {
  save_safetensors(folder_ / "a.safetensors", {{"x", at::zeros({1})}});
  save_safetensors(folder_ / "b.safetensors", {{"y", at::zeros({2})}});
  write_file(folder_ / "model.safetensors.index.json",
             R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})");
  EXPECT_THAT(load_weights(folder_.path(), "model"), ElementsAre(Key("x"), Key("y")));
}

TEST_F(LoadWeights, RefusesShardsOutsideTheFolderAndTwice) {
  write_file(folder_ / "model.safetensors.index.json",
             R"({"weight_map": {"x": "../a.safetensors"}})");
  EXPECT_THAT(message(), HasSubstr("'../a.safetensors' is no file of weights beside the index"));
  write_file(folder_ / "model.safetensors.index.json", R"({"weight_map": [1]})");
  EXPECT_THAT(message(), HasSubstr("lacks weight_map"));
  save_safetensors(folder_ / "a.safetensors", {{"x", at::zeros({1})}});
  save_safetensors(folder_ / "b.safetensors", {{"x", at::zeros({1})}, {"y", at::zeros({1})}});
  write_file(folder_ / "model.safetensors.index.json",
             R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})");
  EXPECT_THAT(message(), HasSubstr("the tensor x is in another shard as well"));
}

TEST_F(LoadWeights, TakesTheVariantThatIsAskedForWhereItIsThere) {
  save_safetensors(folder_ / "model.safetensors", {{"full", at::zeros({1})}});
  save_safetensors(folder_ / "model.fp16.safetensors", {{"half", at::zeros({1}, at::kHalf)}});
  EXPECT_THAT(load_weights(folder_.path(), "model", "fp16"), ElementsAre(Key("half")));
  EXPECT_THAT(load_weights(folder_.path(), "model", "int8"), ElementsAre(Key("full")));
}

TEST_F(LoadWeights, PutsTheShardsOfAVariantTogether) {
  save_safetensors(folder_ / "model.fp16-00001-of-00001.safetensors", {{"x", at::zeros({1})}});
  write_file(folder_ / "model.safetensors.index.fp16.json",
             R"({"weight_map": {"x": "model.fp16-00001-of-00001.safetensors"}})");
  EXPECT_THAT(load_weights(folder_.path(), "model"), ElementsAre(Key("x")));
}

TEST_F(LoadWeights, ReadsPicklesWhereThereIsNothingElse) {
  const fs::path made = SITU_SOURCE_DIR "/tests/data/torch_archive/module.pt";
  fs::copy(made, folder_ / "pytorch_model.bin");
  EXPECT_THAT(load_weights(folder_.path(), "model"), ElementsAre(Key("bias"), Key("weight")));
}

TEST_F(LoadWeights, NamesShardsAndTensorsThatTheIndexPromises) {
  const fs::path index = folder_ / "model.safetensors.index.json";
  write_file(index, R"({"weight_map": {"x": "a.safetensors", "y": "a.safetensors"}})");
  EXPECT_THAT(message(), HasSubstr("a.safetensors: missing; "));
  save_safetensors(folder_ / "a.safetensors", {{"x", at::zeros({1})}});
  EXPECT_THAT(message(), HasSubstr("lacks the tensor y of the index"));
}

TEST_F(LoadWeights, KnowsWhatComesInPlaceOfWeights) {
  write_file(folder_ / "model.safetensors",
             "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  EXPECT_THAT(message(), HasSubstr("Git LFS pointer"));
  write_file(folder_ / "model.safetensors", "<!DOCTYPE html><html>404</html>");
  EXPECT_THAT(message(), HasSubstr("web page"));
  write_file(folder_ / "model.safetensors", std::string(91, 'x'));
  EXPECT_THAT(message(), HasSubstr("expected a safetensors file"));
}

std::string not_finite(const StateDict& state) {
  try {
    require_finite(state, "file");
  } catch (const DataError& error) {
    return error.what();
  }
  return "finite";
}

TEST(RequireFinite, NamesTheTensorTheFirstElementAtFaultAndItsValue) {
  at::Tensor broken = at::ones({2, 3}, at::kHalf);
  broken[1][0] = NAN;
  broken[1][2] = INFINITY;
  EXPECT_EQ(not_finite({{"a", at::ones({2})}, {"b", broken}}),
            "file: the tensor b: expected finite numbers, got NaN at [1, 0]");
  EXPECT_THAT(not_finite({{"b", broken.t()}}), HasSubstr("got NaN at [0, 1]"));
  EXPECT_THAT(not_finite({{"b", broken[1].slice(0, 1)}}), HasSubstr("got infinity at [1]"));
  EXPECT_THAT(not_finite({{"b", at::scalar_tensor(-INFINITY)}}), HasSubstr("got -infinity at []"));
  // Beyond the first of the pieces that are looked at.
  at::Tensor large = at::zeros({3, 1 << 19});
  large[2][5] = -INFINITY;
  EXPECT_THAT(not_finite({{"b", large}}), HasSubstr("got -infinity at [2, 5]"));
}

TEST(RequireFinite, TakesTheLargestNumbersAndWhatHasNoFractions) {
  EXPECT_EQ(not_finite({{"a", at::full({3}, 3e38F)}, {"n", at::ones({2}, at::kLong)}}), "finite");
  EXPECT_EQ(not_finite({{"sum", at::full({3}, 1e308, at::kDouble)}, {"none", at::empty({0, 2})}}),
            "finite");
}

TEST_F(LoadWeights, SaysWhatIsMissing) {
  EXPECT_THAT(message(), HasSubstr("model.safetensors: no weights there"));
}

TEST(Renamed, StripsThePrefixOfOlderTextEncoders) {
  const at::Tensor one = at::zeros({1});
  EXPECT_THAT(renamed({{"text_model.embeddings.position_ids", one},
                       {"text_model.final_layer_norm.bias", one},
                       {"final_layer_norm.weight", one}},
                      clip_text_key),
              ElementsAre(Key("final_layer_norm.bias"), Key("final_layer_norm.weight")));
}

TEST(AutoencoderState, TakesTheAttentionNamesAndShapesOf2022) {
  const StateDict state =
      autoencoder_state({{"encoder.mid_block.attentions.0.query.weight", at::zeros({4, 4, 1, 1})},
                         {"encoder.mid_block.attentions.0.proj_attn.bias", at::zeros({4})},
                         {"encoder.conv_in.weight", at::zeros({4, 3, 3, 3})}});
  EXPECT_EQ(state.at("encoder.mid_block.attentions.0.to_q.weight").sizes(),
            at::IntArrayRef({4, 4}));
  EXPECT_TRUE(state.contains("encoder.mid_block.attentions.0.to_out.0.bias"));
  EXPECT_EQ(state.at("encoder.conv_in.weight").dim(), 4);
}

}  // namespace
}  // namespace situ
