// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/dataset/dataset_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/temporary_folder.h"
#include "situ/generation/sample_times.h"
#include "situ/generation/test_generation.h"
#include "situ/reports/dataset/pair_study.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DatasetPages : public ::testing::Test {
 protected:
  DatasetPages() {
    testing::make_source(folder_ / "source", 4);
    testing::run_test_recipe(testing::test_recipe(), folder_ / "source", folder_ / "out");
  }

  static size_t count(const std::string& page, const std::string& what) {
    size_t found = 0;
    for (size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) {
      ++found;
    }
    return found;
  }

  TemporaryFolder folder_;
};

TEST_F(DatasetPages, ShowObjectsPlacesAndPictures) {
  const std::string page = dataset_page(folder_ / "out", 3);
  EXPECT_THAT(page, HasSubstr("<h1>test</h1>"));
  EXPECT_THAT(page, HasSubstr("<td>dog</td>"));
  EXPECT_THAT(page, HasSubstr("not_detected"));  // the car that nobody paints
  EXPECT_EQ(count(page, "data:image/png;base64,"), 3u);
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST_F(DatasetPages, ListTheSlowestSamplesWhereTimesWereKept) {
  SampleTimeWriter(folder_ / "times").add({"<slow>", 12.5});
  const std::string page = dataset_page(folder_ / "out", 1, folder_ / "times");
  EXPECT_THAT(page, HasSubstr("<td>&lt;slow&gt;</td><td class=\"number\">12.50</td>"));
  EXPECT_THAT(dataset_page(folder_ / "out", 1), Not(HasSubstr("Slowest")));
}

TEST_F(DatasetPages, RefuseWhatIsNotFinished) {
  testing::run_test_recipe(testing::test_recipe(), folder_ / "source", folder_ / "half",
                           {.only = Shard{0, 2}});
  EXPECT_THROW(dataset_page(folder_ / "half", 3), std::invalid_argument);
}

TEST_F(DatasetPages, PairTheSamplesThatBothHave) {
  testing::run_test_recipe(testing::test_recipe(), folder_ / "source", folder_ / "other",
                           {.limit = 4});
  const std::string page = pair_study_page(folder_ / "out", folder_ / "other", 100, 1);
  const size_t start = page.find("const study = ") + 14;
  const auto study = nlohmann::json::parse(page.substr(start, page.find(";\n", start) - start));
  EXPECT_EQ(study["names"], (nlohmann::json{"out", "other"}));
  ASSERT_GE(study["pairs"].size(), 1u);
  ASSERT_LE(study["pairs"].size(), 4u);
  for (const auto& pair : study["pairs"]) EXPECT_EQ(pair["pictures"][0], pair["pictures"][1]);
  EXPECT_EQ(page, pair_study_page(folder_ / "out", folder_ / "other", 100, 1));
  EXPECT_EQ(count(pair_study_page(folder_ / "out", folder_ / "other", 1, 1), "\"swapped\":"), 1u);
}

}  // namespace
}  // namespace situ
