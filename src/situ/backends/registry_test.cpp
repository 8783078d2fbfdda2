// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <stdexcept>

#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

class Registry : public ::testing::Test {
 protected:
  Registry() {
    std::filesystem::create_directories(folder_ / "mini-inpainter");
    std::filesystem::create_directories(folder_ / "mini-segmenter");
    ::setenv("SITU_MODELS", folder_.path().c_str(), 1);
  }
  ~Registry() override { ::unsetenv("SITU_MODELS"); }

  TemporaryFolder folder_;
};

TEST_F(Registry, KnowsTheModelsThatShipWithSituByName) {
  EXPECT_EQ(inpainter_folder("mini"), folder_ / "mini-inpainter");
  EXPECT_EQ(segmenter_folder("mini"), folder_ / "mini-segmenter");
}

TEST_F(Registry, TakesAnyExistingFolder) {
  EXPECT_EQ(inpainter_folder(folder_.path()), folder_.path());
  EXPECT_EQ(segmenter_folder(folder_.path()), folder_.path());
}

TEST_F(Registry, NamesTheNearestForAnUnknownName) {
  EXPECT_THAT(message_of<std::invalid_argument>([] { make_inpainter("mimi", {}); }),
              ::testing::AllOf(HasSubstr("unknown inpainter 'mimi'"), HasSubstr("mini"),
                               HasSubstr("named by its folder")));
  EXPECT_THROW(make_segmenter("no/such/folder", {}), std::invalid_argument);
}

TEST_F(Registry, RefusesAFolderThatHoldsNoModel) {
  EXPECT_ANY_THROW(make_inpainter(folder_.path(), {}));
  EXPECT_ANY_THROW(make_segmenter(folder_.path(), {}));
}

TEST_F(Registry, TakesTheDefaultsThatAnInpainterNames) {
  EXPECT_EQ(inpainting_defaults("mini").guidance_scale, InpaintingOptions().guidance_scale);
  testing::put(folder_ / "mini-inpainter/defaults.json", R"({"format": 1, "guidance_scale": 2.5})");
  EXPECT_EQ(inpainting_defaults("mini").guidance_scale, 2.5);
  EXPECT_EQ(inpainting_defaults("mini").steps, InpaintingOptions().steps);
}

TEST_F(Registry, RefusesMalformedDefaults) {
  for (const char* text : {"[]", "{}", R"({"format": 2})", R"({"format": 1, "guidance": 3})",
                           R"({"format": 1, "steps": 0})", R"({"format": 1, "steps": "many"})"}) {
    testing::put(folder_ / "mini-inpainter/defaults.json", text);
    EXPECT_THAT(message_of<DataError>([] { inpainting_defaults("mini"); }),
                HasSubstr("defaults.json"))
        << text;
  }
}

TEST_F(Registry, IdentifiesAModelByTheNameAskedFor) {
  testing::put(folder_ / "mini-segmenter/model.safetensors", "weights");
  const ModelIdentity identity = identify_segmenter("mini");
  EXPECT_EQ(identity.name, "mini");
  EXPECT_EQ(identity.folder, (folder_ / "mini-segmenter").string());
}

}  // namespace
}  // namespace situ
