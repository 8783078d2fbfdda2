// SPDX-License-Identifier: Apache-2.0
#include "situ/core/device.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

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

// Results of networks do not change: what is flushed is 1e-38 and less.
TEST(PrepareToRunNetworks, CountsTinyNumbersAsZeroInThreadsThatStartLater) {
  float product = -1;
  std::thread([&product] {  // whose own thread inherits the mode and which leaves this one as it is
    prepare_to_run_networks();
    std::thread([&product] {
      volatile float tiny = 1e-30F;
      product = tiny * 1e-10F;
    }).join();
  })
      .join();
  EXPECT_EQ(product, 0.0F);
  volatile float tiny = 1e-30F;
  EXPECT_GT(tiny * 1e-10F, 0.0F);
}

}  // namespace
}  // namespace situ
