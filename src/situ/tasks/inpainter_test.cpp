// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/inpainter.h"

#include <gtest/gtest.h>

#include <limits>

namespace situ {
namespace {

TEST(InpaintingOptions, DefaultsAreValid) { EXPECT_NO_THROW(InpaintingOptions{}.validate()); }

TEST(InpaintingOptions, RefusesValuesOutOfBoundsByName) {
  EXPECT_THROW(InpaintingOptions{.steps = 0}.validate(), std::invalid_argument);
  EXPECT_THROW(InpaintingOptions{.steps = 1001}.validate(), std::invalid_argument);
  EXPECT_THROW(InpaintingOptions{.guidance_scale = -1}.validate(), std::invalid_argument);
  EXPECT_THROW(InpaintingOptions{.strength = 0}.validate(), std::invalid_argument);
  EXPECT_THROW(InpaintingOptions{.strength = std::numeric_limits<double>::quiet_NaN()}.validate(),
               std::invalid_argument);
  try {
    InpaintingOptions{.steps = -3}.validate();
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "steps = -3 must be in [1, 1000]");
  }
}

TEST(InpaintingOptions, SurviveJson) {
  const InpaintingOptions options{
      .steps = 50, .scheduler = InpaintingScheduler::kPndm, .negative_prompt = "blurry"};
  InpaintingOptions read;
  options_from_json(nlohmann::json::parse(options_to_json(options).dump()), read, "test");
  EXPECT_EQ(options_to_json(read), options_to_json(options));
  EXPECT_EQ(options_to_json(options)["scheduler"], "pndm");
}

TEST(UnknownPrompt, IsAnInvalidArgument) {
  EXPECT_THROW(throw UnknownPrompt("no such word"), std::invalid_argument);
}

}  // namespace
}  // namespace situ
