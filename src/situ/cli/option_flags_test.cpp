// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/option_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {

enum class Fruit { kApple, kPear };
template <>
struct EnumNames<Fruit> {
  static constexpr std::array<std::pair<Fruit, const char*>, 2> table{
      {{Fruit::kApple, "apple"}, {Fruit::kPear, "pear"}}};
};

namespace {

using ::testing::HasSubstr;

struct BasketOptions {
  int64_t count = 3;
  Fruit fruit = Fruit::kApple;
  bool is_open = false;
  std::optional<int64_t> limit_px = 5;
  std::optional<std::string> label = std::nullopt;
  std::vector<std::string> more = {};

  static constexpr auto fields() {
    using T = BasketOptions;
    return std::tuple{
        field("count", &T::count, "how many"),     field("fruit", &T::fruit, "which"),
        field("is_open", &T::is_open, "no lid"),   field("limit_px", &T::limit_px, "most"),
        field("label", &T::label, "what it says"), field("more", &T::more, "others")};
  }
};

struct Parsed {
  BasketOptions options;
  std::vector<std::string> rest;
};

Parsed parsed(std::vector<std::string> arguments, BasketOptions configured = {}) {
  CLI::App app("test", "test");
  const OptionFlags<BasketOptions> flags(app, "Basket");
  Parsed result{.options = configured, .rest = {}};
  app.add_option("rest", result.rest);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  flags.apply(result.options);
  return result;
}

TEST(OptionFlags, ChangeOnlyWhatWasGiven) {
  const BasketOptions options = parsed({"--fruit", "pear", "--is-open"}, {.count = 8}).options;
  EXPECT_EQ(options.count, 8);
  EXPECT_EQ(options.fruit, Fruit::kPear);
  EXPECT_TRUE(options.is_open);
  EXPECT_EQ(options.limit_px, 5);
  EXPECT_FALSE(parsed({"--no-is-open"}, {.is_open = true}).options.is_open);
}

TEST(OptionFlags, TakeAutoForANumberThatMayBeMissingAndAsATextElsewhere) {
  const BasketOptions options = parsed({"--limit-px", "auto", "--label", "auto"}).options;
  EXPECT_EQ(options.limit_px, std::nullopt);
  EXPECT_EQ(options.label, "auto");
  EXPECT_EQ(parsed({"--limit-px=12"}).options.limit_px, 12);
  EXPECT_THROW(parsed({"--limit-px", "wide"}), CLI::ParseError);
  EXPECT_THROW(parsed({"--count", "1.5"}), CLI::ParseError);
}

TEST(OptionFlags, RepeatTheFlagOfAListAndLeaveWhatFollowsIt) {
  const Parsed both = parsed({"--more", "fig", "photo.jpg", "--more", "water melon", "b.jpg"});
  EXPECT_EQ(both.options.more, (std::vector<std::string>{"fig", "water melon"}));
  EXPECT_EQ(both.rest, (std::vector<std::string>{"photo.jpg", "b.jpg"}));
}

TEST(OptionFlags, NameTheNearestForAnUnknownName) {
  try {
    parsed({"--fruit", "paer"});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("--fruit 'paer': did you mean 'pear'"));
  }
}

TEST(OptionFlags, ShowTheirDefaultsAndHelp) {
  CLI::App app("test", "test");
  const OptionFlags<BasketOptions> flags(app, "Basket", {.limit_px = std::nullopt});
  const std::string help = app.help();
  EXPECT_THAT(help, HasSubstr("how many"));
  EXPECT_THAT(help, HasSubstr("apple"));
  EXPECT_THAT(help, HasSubstr("auto"));
  EXPECT_THAT(help, HasSubstr("Basket"));
}

TEST(OptionFlags, MayHaveAPrefix) {
  CLI::App app("test", "test");
  const OptionFlags<BasketOptions> flags(app, "Basket", {}, "fruit_");
  app.parse("--fruit-count 7 --no-fruit-is-open");
  BasketOptions options{.is_open = true};
  flags.apply(options);
  EXPECT_EQ(options.count, 7);
  EXPECT_FALSE(options.is_open);
}

}  // namespace
}  // namespace situ
