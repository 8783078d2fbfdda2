// SPDX-License-Identifier: Apache-2.0
#include "situ/core/device.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

TEST(ParseDevice, KnowsTheCpuAndRefusesWhatIsNotThere) {
  EXPECT_TRUE(parse_device("cpu").is_cpu());
  EXPECT_NO_THROW(parse_device("auto"));
  EXPECT_THROW(parse_device("gpu"), std::invalid_argument);
  EXPECT_THROW(parse_device("cuda:"), std::invalid_argument);
  EXPECT_THROW(parse_device("cuda:x"), std::invalid_argument);
  EXPECT_THROW(parse_device("cuda:9999"), std::invalid_argument);
}

TEST(ParseDtype, KnowsTheFloatingTypes) {
  EXPECT_EQ(parse_dtype("float32"), c10::kFloat);
  EXPECT_EQ(parse_dtype("bfloat16"), c10::kBFloat16);
  EXPECT_THROW(parse_dtype("int8"), std::invalid_argument);
}

}  // namespace
}  // namespace situ
