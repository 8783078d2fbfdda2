// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/sample_times.h"

#include <gtest/gtest.h>

#include <fstream>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"

namespace situ {
namespace {

TEST(SampleTimes, AreReadBackTheSlowestFirst) {
  const TemporaryFolder folder;
  SampleTimeWriter(folder / "times").add({"a", 1.5});
  SampleTimeWriter(folder / "times").add({"b", 4});
  SampleTimeWriter(folder / "times").add({"a", 2.5});  // made again
  SampleTimeWriter(folder / "times").add({"c", 2});
  const std::vector<SampleTime> slowest = slowest_samples(folder / "times", 2);
  ASSERT_EQ(slowest.size(), 2u);
  EXPECT_EQ(slowest[0].id, "b");
  EXPECT_EQ(slowest[0].seconds, 4);
  EXPECT_EQ(slowest[1].id, "a");
  EXPECT_EQ(slowest[1].seconds, 2.5);
}

TEST(SampleTimes, PassOverALineThatAKilledRunLeft) {
  const TemporaryFolder folder;
  std::ofstream(folder / "times") << "{\"id\": \"torn\", \"sec";
  SampleTimeWriter(folder / "times").add({"whole", 3});
  const std::vector<SampleTime> slowest = slowest_samples(folder / "times", 10);
  ASSERT_EQ(slowest.size(), 1u);
  EXPECT_EQ(slowest[0].id, "whole");
}

TEST(SampleTimes, RefuseAnotherFile) {
  const TemporaryFolder folder;
  std::ofstream(folder / "other") << "id,seconds\n[1]\n{\"id\": 3, \"seconds\": -1}\n";
  EXPECT_THROW(slowest_samples(folder / "other", 10), DataError);
  EXPECT_THROW(slowest_samples(folder / "none", 10), FileError);
  EXPECT_THROW(SampleTimeWriter(folder / "no" / "folder"), FileError);
}

}  // namespace
}  // namespace situ
