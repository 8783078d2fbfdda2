// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/image_preparation_file.h"

#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using testing::put;

TEST(ImagePreparationFile, IsReadFromEitherOfItsNames) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_image_preparation(folder.path()).mean);
  put(folder / "processor_config.json",
      R"({"image_processor": {"image_mean": [0.1, 0.2, 0.3], "size": {"longest_edge": 64}}})");
  EXPECT_EQ(read_image_preparation(folder.path()).longest_edge, 64);
  EXPECT_FLOAT_EQ((*read_image_preparation(folder.path()).mean)[2], 0.3F);
  put(folder / "preprocessor_config.json", R"({"size": {"shortest_edge": 8, "longest_edge": 9}})");
  EXPECT_EQ(read_image_preparation(folder.path()).shortest_edge, 8);
  EXPECT_FALSE(read_image_preparation(folder.path()).mean) << "the older name comes first";
}

TEST(ImagePreparationFile, RefusesNumbersOfNoUse) {
  const TemporaryFolder folder;
  for (const char* text :
       {R"({"image_std": [1, 0, 1]})", R"({"image_mean": [1, 2]})", R"({"size": 800})",
        R"({"size": {"shortest_edge": 0}})", R"({"size": {"longest_edge": 100000}})", "[]", "{"}) {
    put(folder / "preprocessor_config.json", text);
    EXPECT_THROW(read_image_preparation(folder.path()), DataError) << text;
  }
}

}  // namespace
}  // namespace situ
