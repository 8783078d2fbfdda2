// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/textual_inversion.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/safetensors.h"

namespace situ {
namespace {

class TextualInversionTest : public testing::Test {
 protected:
  TextualInversion saved(const std::map<std::string, at::Tensor>& tensors,
                         const std::string& token = "") {
    const std::filesystem::path path = folder_ / "rex.safetensors";
    save_safetensors(path, tensors);
    return load_textual_inversion({.path = path, .token = token});
  }
  TemporaryFolder folder_;
};

TEST_F(TextualInversionTest, DiffusersFilesNameTheWord) {
  const TextualInversion word = saved({{"<rex>", at::arange(6, at::kFloat)}});
  EXPECT_EQ(word.token, "<rex>");
  ASSERT_EQ(word.vectors.size(), 1u);
  EXPECT_TRUE(word.vectors[0].equal(at::arange(6, at::kFloat).view({1, 6})));
  EXPECT_EQ(saved({{"<rex>", at::zeros({2, 6})}}, "<max>").token, "<max>");
}

TEST_F(TextualInversionTest, WordsOfTheWebUiAreCalledAsTheirFile) {
  EXPECT_EQ(saved({{"emb_params", at::zeros({2, 6})}}).token, "rex");
  EXPECT_EQ(saved({{"*", at::zeros({2, 6})}}).token, "rex");
}

TEST_F(TextualInversionTest, PicklesOfTheWebUiAreRead) {
  const TextualInversion word =
      load_textual_inversion({.path = SITU_SOURCE_DIR "/tests/data/torch_archive/word.pt"});
  EXPECT_EQ(word.token, "word");
  ASSERT_EQ(word.vectors.size(), 1u);
  EXPECT_TRUE(word.vectors[0].equal(at::arange(6, at::kFloat).view({2, 3})));
}

TEST_F(TextualInversionTest, FilesOfSdxlHoldVectorsForBothEncoders) {
  const TextualInversion word =
      saved({{"clip_g", at::zeros({2, 8})}, {"clip_l", at::ones({2, 6})}});
  ASSERT_EQ(word.vectors.size(), 2u);
  EXPECT_EQ(word.vectors[0].size(1), 6);
  EXPECT_EQ(word.vectors[1].size(1), 8);
  EXPECT_EQ(word.token, "rex");
}

TEST_F(TextualInversionTest, AnythingElseIsRefusedWithItsReason) {
  EXPECT_THROW(saved({{"a", at::zeros({2, 6})}, {"b", at::zeros({2, 6})}}), DataError);
  EXPECT_THROW(saved({{"a", at::zeros({2, 6, 1})}}), DataError);
  EXPECT_THROW(saved({{"a", at::zeros({0, 6})}}), DataError);
  EXPECT_THROW(saved({{"a", at::zeros({76, 6})}}), DataError);
  EXPECT_THROW(saved({{"a", at::zeros({2, 6}, at::kLong)}}), DataError);
  EXPECT_THROW(saved({{"a", at::full({2, 6}, std::numeric_limits<float>::quiet_NaN())}}),
               DataError);
  EXPECT_THROW(saved({{"clip_l", at::zeros({2, 6})}, {"clip_g", at::zeros({3, 8})}}), DataError);
  EXPECT_THROW(load_textual_inversion({.path = folder_ / "none.bin"}), FileError);
}

}  // namespace
}  // namespace situ
