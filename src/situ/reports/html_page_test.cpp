// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/html_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HtmlPage, LetsNoTextBecomeMarkup) {
  EXPECT_EQ(html_escaped("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_THAT(html_page("<script>", "body"), HasSubstr("<title>&lt;script&gt;</title>"));
  EXPECT_THAT(html_table({{"a"}, {"<i>"}}), HasSubstr("<td>&lt;i&gt;</td>"));
  EXPECT_THAT(bar_chart({{"<i>", 1}}), HasSubstr("&lt;i&gt;"));
  EXPECT_THAT(script_escaped(R"({"a":"</script>"})"), Not(HasSubstr("</script>")));
}

// RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(BarChart, DrawsBarsInProportion) {
  const std::string svg = bar_chart({{"dog", 10}, {"cat", 5}, {"cow", 0}});
  EXPECT_THAT(svg, HasSubstr("width=\"300\" height=\"14\""));
  EXPECT_THAT(svg, HasSubstr("width=\"150\" height=\"14\""));
  EXPECT_THAT(svg, HasSubstr("width=\"0\" height=\"14\""));
}

TEST(HeatMap, ShadesByTheLargest) {
  const std::string svg = heat_map({0, 1, 2, 4}, 2, 2, 100);
  EXPECT_THAT(svg, HasSubstr("x=\"50\" y=\"50\" width=\"50\" height=\"50\""));
  EXPECT_THAT(svg, HasSubstr("fill-opacity=\"0.25\""));
  EXPECT_THROW(heat_map({1, 2, 3}, 2, 2, 100), std::invalid_argument);
  EXPECT_NO_THROW(heat_map({0, 0}, 1, 2, 100));
}

}  // namespace
}  // namespace situ
