// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/cache_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "situ/hub/content_hash.h"
#include "situ/hub/hub_settings.h"
#include "situ/hub/installed_models.h"
#include "situ/hub/repository.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');

TEST(CacheLayout, TakesNoPathThatLeavesItsFolder) {
  EXPECT_TRUE(is_safe_path("unet/config.json"));
  EXPECT_TRUE(is_safe_path("..a/b..c"));
  for (const std::string path :
       {"", "/etc/passwd", "../a", "a/../b", "a/..", ".", "a//b", "a/", "a\\b", "a\nb"}) {
    EXPECT_FALSE(is_safe_path(path)) << path;
  }
  EXPECT_FALSE(is_safe_path(std::string("a\0b", 3)));
  EXPECT_FALSE(is_safe_path(std::string(5000, 'a')));
}

TEST(CacheLayout, ReadsRepositoriesWithAndWithoutRevision) {
  EXPECT_EQ(parse_repository_name("org/name")->revision, "main");
  EXPECT_EQ(parse_repository_name("org/na.me@refs/pr/1")->revision, "refs/pr/1");
  for (const char* text :
       {"name", "a/b/c", "../b", "a/..", "a--b/c", "a/b@../x", "a/b@", "a/", "a/b@x y", "-a/b"}) {
    EXPECT_FALSE(parse_repository_name(text)) << text;
  }
}

TEST(CacheLayout, LinksASnapshotToItsBlobsAsHuggingFaceDoes) {
  const TemporaryFolder folder;
  const CachedRepository cached(folder.path(), "org/name");
  EXPECT_EQ(cached.folder().filename(), "models--org--name");
  std::filesystem::create_directories(cached.blobs());
  testing::put(cached.blob("h"), "content");
  cached.place(kCommit, "unet/config.json", "h");
  cached.place(kCommit, "a.json", "h");
  cached.set_ref("main", kCommit);
  cached.set_ref("refs/pr/1", kCommit);
  const auto snapshot = cached.snapshot(kCommit);
  EXPECT_EQ(std::filesystem::read_symlink(snapshot / "unet/config.json"), "../../../blobs/h");
  EXPECT_EQ(std::filesystem::read_symlink(snapshot / "a.json"), "../../blobs/h");
  EXPECT_EQ(read_file(snapshot / "unet/config.json"), "content");
  EXPECT_EQ(read_file(cached.folder() / "refs/main"), kCommit);
  EXPECT_EQ(cached.find_snapshot("main"), snapshot);
  EXPECT_EQ(cached.find_snapshot("refs/pr/1"), snapshot);
  EXPECT_EQ(cached.find_snapshot(kCommit), snapshot);
  EXPECT_EQ(cached.find_snapshot("other"), std::nullopt);
  EXPECT_EQ(bytes_on_disk(cached), 7);
}

TEST(CacheLayout, RefusesARefThatHoldsNoCommit) {
  const TemporaryFolder folder;
  const CachedRepository cached(folder.path(), "org/name");
  std::filesystem::create_directories(cached.folder() / "refs");
  testing::put(cached.folder() / "refs/main", "../../../etc");
  EXPECT_THROW(cached.commit_of("main"), DataError);
}

TEST(CacheLayout, RemovesOneSnapshotWithTheBlobsThatNoOtherUses) {
  const TemporaryFolder folder;
  const CachedRepository cached(folder.path(), "org/name");
  std::filesystem::create_directories(cached.blobs());
  for (const char* hash : {"own", "shared", "other"}) testing::put(cached.blob(hash), hash);
  cached.place(kCommit, "a", "own");
  cached.place(kCommit, "b", "shared");
  cached.place(kOther, "b", "shared");
  cached.place(kOther, "c", "other");
  cached.set_ref("main", kCommit);
  EXPECT_EQ(installed_models(folder.path()).at(0).commits, (std::vector{kCommit, kOther}));
  EXPECT_EQ(remove_model(folder.path(), "org/name", "main"), 3);
  EXPECT_FALSE(std::filesystem::exists(cached.blob("own")));
  EXPECT_TRUE(std::filesystem::exists(cached.blob("shared")));
  EXPECT_FALSE(std::filesystem::exists(cached.folder() / "refs/main"));
  EXPECT_EQ(remove_model(folder.path(), "org/name", "main"), 0);
  EXPECT_EQ(remove_model(folder.path(), "org/name", kOther), 11);
  EXPECT_FALSE(std::filesystem::exists(cached.folder()));
}

TEST(ContentHash, IsGitsHashForShortNames) {
  const TemporaryFolder folder;
  testing::put(folder / "empty", "");
  testing::put(folder / "hello", "hello\n");
  // `git hash-object` of nothing and of "hello\n".
  EXPECT_TRUE(content_is(folder / "empty", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"));
  EXPECT_TRUE(content_is(folder / "hello", "ce013625030ba8dba906f756967f9e9ca394464a"));
  EXPECT_FALSE(content_is(folder / "hello", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"));
}

class HubEnvironment : public ::testing::Test {
 protected:
  HubEnvironment() { clear(); }
  ~HubEnvironment() override { clear(); }
  void clear() {
    for (const char* name : {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME",
                             "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN"}) {
      ::unsetenv(name);
    }
  }
};

TEST_F(HubEnvironment, FindsTheCacheInTheOrderOfHuggingFace) {
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  EXPECT_EQ(hub_settings_from_environment().cache, "/x/huggingface/hub");
  ::setenv("HF_HOME", "/home", 1);
  EXPECT_EQ(hub_settings_from_environment().cache, "/home/hub");
  ::setenv("HUGGINGFACE_HUB_CACHE", "/old", 1);
  EXPECT_EQ(hub_settings_from_environment().cache, "/old");
  ::setenv("HF_HUB_CACHE", "/new", 1);
  EXPECT_EQ(hub_settings_from_environment().cache, "/new");
}

TEST_F(HubEnvironment, TakesTheTokenFromItsVariableOrFile) {
  const TemporaryFolder folder;
  ::setenv("HF_HOME", folder.path().c_str(), 1);
  testing::put(folder / "token", "hf_file\n");
  EXPECT_EQ(hub_settings_from_environment().token, "hf_file");
  ::setenv("HF_TOKEN", "hf_variable", 1);
  EXPECT_EQ(hub_settings_from_environment().token, "hf_variable");
}

TEST_F(HubEnvironment, RefusesAnEndpointThatIsNoWebAddress) {
  ::setenv("HF_ENDPOINT", "file:///etc", 1);
  EXPECT_THROW(hub_settings_from_environment(), std::invalid_argument);
}

TEST(SelectFiles, TakesOneVariantOfEveryPartThatSituReads) {
  const std::vector<std::string> files{"model_index.json",
                                       "v1-5.ckpt",
                                       "README.md",
                                       "scheduler/scheduler_config.json",
                                       "safety_checker/model.safetensors",
                                       "unet/config.json",
                                       "unet/diffusion_pytorch_model.bin",
                                       "unet/diffusion_pytorch_model.safetensors",
                                       "unet/diffusion_pytorch_model.fp16.safetensors",
                                       "unet/diffusion_pytorch_model.non_ema.safetensors",
                                       "unet/model.onnx",
                                       "vae_decoder/model.onnx",
                                       "vae/diffusion_pytorch_model.bin",
                                       "tokenizer/merges.txt"};
  EXPECT_THAT(select_files(files, ""),
              UnorderedElementsAre("model_index.json", "scheduler/scheduler_config.json",
                                   "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
                                   "vae/diffusion_pytorch_model.bin", "tokenizer/merges.txt"));
  EXPECT_THAT(select_files(files, "fp16"),
              ::testing::AllOf(
                  ::testing::Contains("unet/diffusion_pytorch_model.fp16.safetensors"),
                  ::testing::Not(::testing::Contains("unet/diffusion_pytorch_model.safetensors"))));
}

TEST(SelectFiles, TakesShardsWithTheirIndex) {
  EXPECT_THAT(
      select_files({"config.json", "model-00001-of-00002.safetensors",
                    "model-00002-of-00002.safetensors", "model.safetensors.index.json",
                    "model.fp16-00001-of-00002.safetensors", "model.safetensors.index.fp16.json"},
                   ""),
      UnorderedElementsAre("config.json", "model-00001-of-00002.safetensors",
                           "model-00002-of-00002.safetensors", "model.safetensors.index.json"));
  EXPECT_THAT(select_files({"weights.ckpt"}, ""), IsEmpty());
}

TEST(Listing, RefusesFilesOutsideTheRepositoryAndOtherAnswers) {
  const std::string sha = "{\"sha\":\"" + kCommit + "\",\"siblings\":";
  EXPECT_THAT(parse_listing(sha + "[{\"rfilename\":\"a/b\"}]}", "x").files, ElementsAre("a/b"));
  for (const std::string& text :
       {sha + "[{\"rfilename\":\"../b\"}]}", sha + "[{\"rfilename\":\"/b\"}]}",
        sha + "[{\"rfilename\":\"a\\u0000b\"}]}", sha + "[{\"rfilename\":3}]}", sha + "{}}",
        std::string("{\"sha\":\"../x\",\"siblings\":[]}"), std::string("[]"), std::string("{"),
        std::string("")}) {
    EXPECT_THROW(parse_listing(text, "x"), DataError) << text;
  }
}

}  // namespace
}  // namespace situ
