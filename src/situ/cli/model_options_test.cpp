// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/model_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

TEST(LoraOption, IsAFileWithOrWithoutItsScale) {
  EXPECT_EQ(lora_from("style.safetensors").path, "style.safetensors");
  EXPECT_EQ(lora_from("style.safetensors").scale, 1.0);
  EXPECT_EQ(lora_from("a:b/style.safetensors:-0.5").path, "a:b/style.safetensors");
  EXPECT_EQ(lora_from("a:b/style.safetensors:-0.5").scale, -0.5);
}

TEST(LoraOption, TakesAFileOfTheWholeNameFirst) {
  const TemporaryFolder folder;
  const std::string file = (folder / "style:2").string();
  EXPECT_EQ(lora_from(file).scale, 2.0);
  put(file, "weights");
  EXPECT_EQ(lora_from(file).path, file);
  EXPECT_EQ(lora_from(file).scale, 1.0);
}

TEST(LoraOption, RefusesAScaleThatIsNoFiniteNumber) {
  for (const char* text :
       {"style:", "style:half", "style:0.5x", "style:nan", "style:inf", "s:1e999"}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { lora_from(text); }),
                HasSubstr("expected FILE or FILE:SCALE"))
        << text;
  }
}

TEST(AutoencoderOption, IsAPathThatIsThereOrAModelOfTheHub) {
  const TemporaryFolder folder;
  EXPECT_EQ(autoencoder_path(folder.path().string(), ""), folder.path());
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { autoencoder_path((folder / "no" / "such" / "file").string(), ""); }),
              HasSubstr("got none of these"));
}

}  // namespace
}  // namespace situ
