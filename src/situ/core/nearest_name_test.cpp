// SPDX-License-Identifier: Apache-2.0
#include "situ/core/nearest_name.h"

#include <gtest/gtest.h>

namespace situ {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndSubstitutions) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("dog", "dog"), 0u);
  EXPECT_EQ(edit_distance("", "dog"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("tiger", "tigre"), 1u);  // two letters in the wrong order
  EXPECT_EQ(edit_distance("raod", "road"), 1u);
  EXPECT_EQ(edit_distance("ab", "ba"), 1u);
  EXPECT_EQ(edit_distance("abc", "cba"), 2u);
}

TEST(NearestNames, AreSortedByDistanceThenByOrder) {
  const std::vector<std::string> known = {"horse", "house", "mouse", "tiger"};
  EXPECT_EQ(nearest_names("hose", known, 3), (std::vector<std::string>{"horse", "house", "mouse"}));
  EXPECT_EQ(nearest_names("hose", known, 9).size(), 4u);
}

TEST(UnknownNameMessage, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> known = {"steps", "seed"};
  EXPECT_EQ(unknown_name_message("option", "step", known),
            "unknown option 'step': did you mean 'steps'?");
  EXPECT_EQ(unknown_name_message("option", "guidance", known),
            "unknown option 'guidance'; known: steps, seed");
}

}  // namespace
}  // namespace situ
