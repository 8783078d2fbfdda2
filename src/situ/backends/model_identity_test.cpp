// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/model_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "situ/backends/model_folder.h"
#include "situ/core/errors.h"
#include "situ/io/sha256.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using testing::message_of;
using testing::put;

class WithModels : public ::testing::Test {
 protected:
  WithModels() { ::setenv("SITU_MODELS", folder_.path().c_str(), 1); }
  ~WithModels() override { ::unsetenv("SITU_MODELS"); }

  TemporaryFolder folder_;
};

TEST(IdentifyModel, HashesTheWeightsBelowTheFolderInOrder) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "unet");
  put(folder / "unet/b.safetensors", "two");
  put(folder / "a.safetensors", "one");
  put(folder / "config.json", "{}");
  const ModelIdentity identity = identify_model(folder.path());
  ASSERT_EQ(identity.weights.size(), 2u);
  EXPECT_EQ(identity.weights[0].file, "a.safetensors");
  EXPECT_EQ(identity.weights[0].sha256, sha256_hex("one"));
  EXPECT_EQ(identity.weights[1].file, "unet/b.safetensors");
  EXPECT_EQ(identity.revision, sha256_hex("a.safetensors " + sha256_hex("one") +
                                          "\nunet/b.safetensors " + sha256_hex("two") + "\n")
                                   .substr(0, 12));
}

TEST(IdentifyModel, FollowsLinksToWeights) {
  const TemporaryFolder folder;
  const TemporaryFolder cache;
  put(cache / "blob", "one");
  std::filesystem::create_symlink(cache / "blob", folder / "a.safetensors");
  EXPECT_EQ(identify_model(folder.path()).weights.at(0).sha256, sha256_hex("one"));
}

TEST(IdentifyModel, RefusesAFolderWithoutWeights) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<DataError>([&] { identify_model(folder.path()); }),
              ::testing::HasSubstr("holds no .safetensors or .bin file"));
  EXPECT_THROW(identify_model(folder / "missing"), FileError);
}

TEST(IdentifyModel, TakesPicklesWhereThereIsNothingElseAndSingleFiles) {
  const TemporaryFolder folder;
  put(folder / "a.bin", "one");
  EXPECT_EQ(identify_model(folder.path()).weights.at(0).file, "a.bin");
  put(folder / "b.safetensors", "two");
  EXPECT_EQ(identify_model(folder.path()).weights.at(0).file, "b.safetensors");
  const ModelIdentity single = identify_model(folder / "b.safetensors");
  ASSERT_EQ(single.weights.size(), 1u);
  EXPECT_EQ(single.weights[0].sha256, sha256_hex("two"));
}

TEST_F(WithModels, ModelFolderTakesAnExistingFolderAsGiven) {
  EXPECT_EQ(model_folder(folder_.path()), folder_.path());
}

TEST_F(WithModels, ModelFolderLooksBelowTheEnvironmentsFolderFirst) {
  std::filesystem::create_directories(folder_ / "made-for-this-test");
  EXPECT_EQ(model_folder("made-for-this-test"), folder_ / "made-for-this-test");
  EXPECT_EQ(model_roots().front(), folder_.path());
}

TEST_F(WithModels, ModelFolderNamesThePlacesItTried) {
  EXPECT_THAT(message_of<FileError>([] { model_folder("no-such-model"); }),
              ::testing::AllOf(::testing::HasSubstr((folder_ / "no-such-model").string()),
                               ::testing::HasSubstr("share/situ/models/no-such-model"),
                               ::testing::HasSubstr("SITU_MODELS")));
  EXPECT_THAT(message_of<FileError>([] { model_folder("no/such/folder"); }),
              ::testing::HasSubstr("no/such/folder: there is no such model folder"));
  EXPECT_THROW(model_folder(""), FileError);
}

}  // namespace
}  // namespace situ
