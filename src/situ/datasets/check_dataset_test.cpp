// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/check_dataset.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/datasets/made_dataset.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MadeDataset;
using testing::put;
using Kind = DatasetProblem::Kind;

std::string frame(const std::string& name) {
  return "leftImg8bit/val/ulm/" + name + "_leftImg8bit.png";
}
std::string label(const std::string& name) {
  return "gtFine/val/ulm/" + name + "_gtFine_labelIds.png";
}

const DatasetProblem* problem_with(const DatasetCheck& check, const std::string& file) {
  for (const DatasetProblem& problem : check.problems) {
    if (problem.file == file) return &problem;
  }
  return nullptr;
}

void expect_problem(const DatasetCheck& check, const std::string& file, Kind kind,
                    const std::string& detail) {
  const DatasetProblem* const problem = problem_with(check, file);
  ASSERT_NE(problem, nullptr) << file;
  EXPECT_EQ(name_of(problem->kind), name_of(kind)) << file;
  EXPECT_THAT(problem->detail, HasSubstr(detail)) << file;
}

TEST(CheckDataset, FindsNothingWrongWithAWholeOne) {
  const MadeDataset made;
  for (const char* const name : {"a", "b", "c"}) {
    made.image(frame(name));
    made.label(label(name), {7, 7, 8, 33, 0, 23});
    made.wide_label("gtFine/val/ulm/" + std::string(name) + "_gtFine_instanceIds.png",
                    {7, 7, 8, 33000, 0, 23});
  }
  std::vector<int64_t> done;
  const DatasetCheck check = check_dataset(open_dataset("cityscapes", made.root(), "val"),
                                           [&](int64_t count) { done.push_back(count); });
  EXPECT_THAT(check.problems, IsEmpty());
  EXPECT_EQ(check.images, 3);
  EXPECT_EQ(check.labels, 3);
  EXPECT_EQ(check.instances, 3);
  EXPECT_EQ(check.sizes, (std::map<std::string, int64_t>{{"3x2", 3}}));
  EXPECT_EQ(check.label_pixels,
            (std::map<int64_t, int64_t>{{0, 3}, {7, 6}, {8, 3}, {23, 3}, {33, 3}}));
  EXPECT_EQ(done, (std::vector<int64_t>{3}));
}

TEST(CheckDataset, NamesEachKindOfProblem) {
  const MadeDataset made;
  for (const char* const name : {"broken", "cut", "foreign", "good", "size", "unlabelled"}) {
    made.image(frame(name));
  }
  made.label(label("good"), {7, 7, 8, 33, 0, 23});
  made.label(label("foreign"), {7, 7, 8, 33, 34, 255});
  made.label(label("broken"), {7, 7, 8, 33, 0, 23});
  made.text(frame("broken"), "no picture");
  made.label(label("cut"), {7, 7, 8, 33, 0, 23});
  const std::string bytes = read_file(made.at(label("cut")));
  put(made.at(label("cut")), std::string_view(bytes).substr(0, bytes.size() / 2));
  save_png(made.at(label("size")), at::full({3, 2}, 7, at::kByte));
  made.label(label("orphan"), {7, 7, 8, 33, 0, 23});

  const DatasetCheck check = check_dataset(open_dataset("cityscapes", made.root(), "val"));
  EXPECT_EQ(check.problems.size(), 6u);
  expect_problem(check, frame("broken"), Kind::kBroken, "PNG");
  expect_problem(check, label("cut"), Kind::kBroken, "cut");
  expect_problem(check, label("foreign"), Kind::kForeignIds, "34 (1 px), 255 (1 px)");
  expect_problem(check, label("size"), Kind::kSizeMismatch, "2x3, the image");
  expect_problem(check, frame("unlabelled"), Kind::kMissingLabel, "no label");
  expect_problem(check, label("orphan"), Kind::kMissingImage, "no image");
  EXPECT_EQ(check.images, 6);
  EXPECT_EQ(check.labels, 5);
}

TEST(CheckDataset, MissesNoLabelsWhereNoneArePublished) {
  const MadeDataset made;
  made.image("leftImg8bit/test/ulm/a_leftImg8bit.png");
  EXPECT_THAT(check_dataset(open_dataset("cityscapes", made.root(), "test")).problems, IsEmpty());
}

}  // namespace
}  // namespace situ
