// SPDX-License-Identifier: Apache-2.0
#include "situ/core/progress.h"

#include <gtest/gtest.h>

namespace situ {
namespace {

using Seconds = std::chrono::duration<double>;

TEST(DurationText, ReadsAsAPersonWouldSayIt) {
  EXPECT_EQ(duration_text(Seconds(2.6)), "3 s");
  EXPECT_EQ(duration_text(Seconds(250)), "4 min 10 s");
  EXPECT_EQ(duration_text(Seconds(7505)), "2 h 05 min");
  EXPECT_EQ(duration_text(Seconds(-1)), "0 s");
}

TEST(Progress, EstimatesTheTimeLeftFromWhatIsDone) {
  std::string written;
  double now = 0;
  Progress progress("image", 4,
                    {.interval = Seconds(0),
                     .write = [&](const std::string& text) { written += text; },
                     .clock = [&] { return Seconds(now); }});
  now = 10;
  progress.update(1);
  now = 40;
  progress.update(4, "done");
  EXPECT_EQ(written, "image 1/4  30 s left\nimage 4/4  done  in 40 s\n");
}

TEST(Progress, MakesRoomForOtherLinesOnATerminal) {
  std::string written;
  {
    Progress progress("image", 2,
                      {.terminal = true,
                       .write = [&](const std::string& text) { written += text; },
                       .clock = [] { return Seconds(0); }});
    progress.clear_line();
    progress.update(1);
    progress.clear_line();
  }
  EXPECT_TRUE(written.ends_with("\r\033[K")) << "and no line is ended that is not open";
  EXPECT_TRUE(written.starts_with("\r\033[Kimage 1/2"));
}

TEST(Progress, WritesPlainLinesNoMoreOftenThanTheInterval) {
  int lines = 0;
  double now = 0;
  Progress progress("step", 100,
                    {.interval = Seconds(10),
                     .write = [&](const std::string&) { ++lines; },
                     .clock = [&] { return Seconds(now); }});
  for (int i = 1; i < 100; ++i) {
    now = i;
    progress.update(i);
  }
  EXPECT_EQ(lines, 10);
}

}  // namespace
}  // namespace situ
