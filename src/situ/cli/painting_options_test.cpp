// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/painting_options.h"

#include <gtest/gtest.h>

namespace situ {
namespace {

PaintingOptions parsed(const std::string& flags) {
  CLI::App command;
  PaintingOptions options;
  add_painting_options(command, options);
  command.parse("--model M --prompt P --output O.png " + flags);
  return options;
}

TEST(PaintingOptions, PairsAreTwoNumbersEach) {
  const PaintingOptions options = parsed(
      "--original-size 40 50 --target-size 60 70 --crop-top-left 3 5 --guidance-interval 0.2 0.8");
  EXPECT_EQ(options.run.original_size, (PixelPair{40, 50}));
  EXPECT_EQ(options.run.target_size, (PixelPair{60, 70}));
  EXPECT_EQ(options.run.crop_top_left, (PixelPair{3, 5}));
  EXPECT_EQ(options.run.shortcuts.guidance_interval, (std::array<double, 2>{0.2, 0.8}));
  EXPECT_THROW(parsed("--original-size 40"), CLI::ParseError);
}

TEST(PaintingOptions, LeavesThePictureExactUnlessAskedOtherwise) {
  const PaintingOptions options = parsed("");
  EXPECT_EQ(options.run.shortcuts.feature_steps, 1);
  EXPECT_EQ(options.run.shortcuts.guidance_interval, (std::array<double, 2>{0, 1}));
  EXPECT_EQ(options.prompt_syntax, "weighted");
  EXPECT_EQ(options.run.original_size, std::nullopt);
}

TEST(PaintingOptions, UnknownPromptSyntaxIsRefused) {
  EXPECT_EQ(parsed("--prompt-syntax plain").prompt_syntax, "plain");
  EXPECT_THROW(parsed("--prompt-syntax latex"), CLI::ParseError);
}

}  // namespace
}  // namespace situ
