// SPDX-License-Identifier: Apache-2.0
#include "fuzz/mutation.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace situ {
namespace {

TEST(Mutator, RepeatsItselfFromTheSameSeed) {
  Mutator one({"{\"size\": 12}", "abc"}, 1), same({"{\"size\": 12}", "abc"}, 1);
  Mutator other({"{\"size\": 12}", "abc"}, 2);
  int differences = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string bytes = one.next();
    EXPECT_EQ(bytes, same.next());
    differences += bytes != other.next() ? 1 : 0;
  }
  EXPECT_GT(differences, 100);
}

TEST(Mutator, MakesEveryKindOfDamage) {
  const std::string seed = "{\"size\": 12, \"other\": 345}";
  Mutator mutator({seed, "PNG"}, 3);
  bool shorter = false, longer = false, spliced = false, huge = false;
  std::set<std::string> all;
  for (int i = 0; i < 2000; ++i) {
    const std::string bytes = mutator.next();
    ASSERT_LE(bytes.size(), seed.size() + (64 << 10));
    shorter = shorter || bytes == seed.substr(0, 10);
    longer = longer || bytes.size() > seed.size() + 8;
    spliced = spliced || (bytes.find("PNG") != std::string::npos && bytes.starts_with("{\"size"));
    huge = huge || bytes.find("\"size\": 9223372036854775808,") != std::string::npos;
    all.insert(bytes);
  }
  EXPECT_TRUE(shorter && longer && spliced && huge);
  EXPECT_GT(all.size(), 1500u);
}

TEST(Mutator, TakesEmptySeedsAndRefusesNone) {
  Mutator mutator({""}, 1);
  for (int i = 0; i < 200; ++i) EXPECT_LE(mutator.next().size(), 64u << 10);
  EXPECT_THROW(Mutator({}, 1), std::invalid_argument);
}

}  // namespace
}  // namespace situ
