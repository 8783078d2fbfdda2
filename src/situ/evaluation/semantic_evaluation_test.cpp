// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/semantic_evaluation.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class EvaluateSemantic : public ::testing::Test {
 protected:
  EvaluateSemantic() {
    fs::create_directory(folder_ / "p");
    fs::create_directory(folder_ / "l");
  }
  void put(const std::string& name, const std::vector<int>& labels,
           const std::vector<int>& predictions) {
    const auto row = [](const std::vector<int>& values) {
      return at::tensor(values, at::kInt).to(at::kByte).unsqueeze(0);
    };
    save_png(folder_ / "l" / (name + ".png"), row(labels));
    save_png(folder_ / "p" / (name + ".png"), row(predictions));
  }
  nlohmann::ordered_json evaluate(const char* set, const SemanticOptions& options = {}) {
    return to_json(evaluate_semantic({.predictions = folder_ / "p", .labels = folder_ / "l"},
                                     semantic_classes(set), options));
  }
  TemporaryFolder folder_;
};

// The toy case of the released evaluation code, with its numbers.
TEST_F(EvaluateSemantic, GivesTheReferencesFigures) {
  put("a", {19, 19, 19, 20}, {19, 20, 0, 20});
  put("b", {255, 255, 20}, {19, 20, 19});
  const auto json = evaluate("cityscapes-animals");
  EXPECT_EQ(json.at("images"), 2);
  EXPECT_EQ(json.at("pixels"), 5);
  EXPECT_EQ(json.at("classes").at(19).at("iou"), 0.25);
  EXPECT_EQ(json.at("classes").at(20).at("iou"), 1.0 / 3);
  EXPECT_EQ(json.at("pixel_accuracy"), 0.4);
  EXPECT_EQ(json.at("mean_iou").at("pascal-animal"), (0.25 + 1.0 / 3) / 2);
  EXPECT_TRUE(json.at("mean_iou").at("pascal-cityscapes").is_null());
  EXPECT_EQ(json.at("category_iou").at("animal"), 0.8) << "one animal pixel was called road";
  EXPECT_EQ(json.at("confusion").at(19).at(0), 1);
}

TEST_F(EvaluateSemantic, MapsNumbersOfOtherDataSets) {
  put("a", {15, 15, 3}, {11, 12, 19});
  const auto json = evaluate("cityscapes-animals",
                             {.map_predictions = {{12, 11}}, .map_labels = {{15, 11}, {3, 19}}});
  EXPECT_EQ(json.at("pixel_accuracy"), 1);
  EXPECT_EQ(json.at("mean_iou").at("pascal-cityscapes"), 1);
}

TEST_F(EvaluateSemantic, MeasuresBoundariesWhereAsked) {
  put("a", {0, 0, 1}, {0, 0, 1});
  EXPECT_FALSE(evaluate("cityscapes-train-ids").at("classes").at(0).contains("boundary_iou"));
  const auto json = evaluate("cityscapes-train-ids", {.boundaries = true});
  EXPECT_EQ(json.at("classes").at(0).at("boundary_iou"), 1);
  EXPECT_TRUE(json.at("classes").at(5).at("boundary_iou").is_null());
}

TEST_F(EvaluateSemantic, NamesFilesOfDifferentSizes) {
  put("a", {0, 1}, {0, 1, 2});
  EXPECT_THAT([this] { evaluate("cityscapes-train-ids"); },
              ::testing::ThrowsMessage<DataError>(HasSubstr("a.png: expected [1, 2] as in")));
  fs::remove(folder_ / "l/a.png");
  EXPECT_THROW(evaluate("cityscapes-train-ids"), DataError);
}

TEST_F(EvaluateSemantic, TakesTheIdsOfTheDataset) {
  put("a", {7, 24, 0, 33}, {7, 25, 7, 33});  // label ids; 0 is unlabelled
  const auto json = evaluate("cityscapes");
  EXPECT_EQ(json.at("pixels"), 3);
  EXPECT_EQ(json.at("classes").at(0).at("id"), 7);
  EXPECT_EQ(json.at("classes").at(0).at("iou"), 1);
  EXPECT_EQ(json.at("classes").at(11).at("iou"), 0);
  EXPECT_EQ(json.at("category_iou").at("human"), 1) << "a person taken for a rider";
}

TEST_F(EvaluateSemantic, RefusesLabelsOfAnotherNumbering) {
  put("a", {7, 33}, {7, 33});
  EXPECT_THAT([this] { evaluate("cityscapes-train-ids"); },
              ::testing::ThrowsMessage<DataError>(HasSubstr("a.png: holds the id 33")));
}

TEST(SemanticClasses, IsRefusedUnderAnotherName) {
  EXPECT_THROW(semantic_classes("cityscape"), std::invalid_argument);
  for (const std::string& name : semantic_class_names()) {
    const SemanticClasses set = semantic_classes(name);
    EXPECT_EQ(set.name, name);
    EXPECT_EQ(set.category_of.size(), set.categories.empty() ? 0 : set.classes.size());
  }
}

}  // namespace
}  // namespace situ
