// SPDX-License-Identifier: Apache-2.0
#include "situ/core/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace situ {

enum class Fruit { kApple, kPear };
template <>
struct EnumNames<Fruit> {
  static constexpr std::array<std::pair<Fruit, const char*>, 2> table = {
      {{Fruit::kApple, "apple"}, {Fruit::kPear, "pear"}}};
};

namespace {

struct BasketOptions {
  std::int64_t count = 3;
  double weight = 0.5;
  Fruit fruit = Fruit::kApple;
  std::optional<std::int64_t> limit;
  static constexpr auto fields() {
    return std::tuple{field("count", &BasketOptions::count, "how many"),
                      field("weight", &BasketOptions::weight, "of one [kg]"),
                      field("fruit", &BasketOptions::fruit, "which"),
                      field("limit", &BasketOptions::limit, "at most")};
  }
};

std::string message_of(const nlohmann::json& json) {
  BasketOptions options;
  try {
    options_from_json(json, options, "basket");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(Options, SurviveTheWayThroughJson) {
  const BasketOptions before{.count = 7, .weight = 1.25, .fruit = Fruit::kPear, .limit = 9};
  BasketOptions after;
  options_from_json(nlohmann::json(options_to_json(before)), after, "basket");
  EXPECT_EQ(after.count, 7);
  EXPECT_EQ(after.weight, 1.25);
  EXPECT_EQ(after.fruit, Fruit::kPear);
  EXPECT_EQ(after.limit, 9);
}

TEST(Options, TakeAutoForANumberThatMayBeMissing) {
  BasketOptions options{.limit = 9};
  options_from_json({{"limit", "auto"}}, options, "basket");
  EXPECT_EQ(options.limit, std::nullopt);
  EXPECT_THAT(message_of({{"limit", "automatic"}}), testing::HasSubstr("expected a whole number"));
}

TEST(Options, KeepTheirDefaultsWhereJsonIsSilent) {
  BasketOptions options;
  options_from_json({{"weight", 2}}, options, "basket");
  EXPECT_EQ(options.count, 3);
  EXPECT_EQ(options.weight, 2.0);
}

TEST(Options, NameTheNearestKeyForAnUnknownOne) {
  EXPECT_EQ(message_of({{"wieght", 1.0}}),
            "basket: unknown option 'wieght': did you mean 'weight'?");
}

TEST(Options, RejectValuesOfTheWrongType) {
  EXPECT_THAT(message_of({{"count", "three"}}),
              testing::HasSubstr("count: expected a whole number"));
  EXPECT_THAT(message_of({{"count", 1.5}}), testing::HasSubstr("count: expected a whole number"));
  EXPECT_THAT(message_of({{"fruit", "paer"}}), testing::HasSubstr("did you mean 'pear'"));
  EXPECT_THAT(message_of(nlohmann::json::array()), testing::HasSubstr("expected a table"));
}

TEST(Options, SayTheBoundThatAValueBreaks) {
  EXPECT_NO_THROW(require_option(true, "weight", 1.0, "positive"));
  try {
    require_option(false, "weight", -1.5, "positive");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "weight = -1.5 must be positive");
  }
}

}  // namespace
}  // namespace situ
