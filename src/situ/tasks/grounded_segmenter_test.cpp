// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/grounded_segmenter.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/tasks/fakes.h"

namespace situ {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Parts {
  explicit Parts(fakes::BoxFinder finder, const DetectionOptions& options = {})
      : detector(new fakes::FakeDetector(std::move(finder))),
        outliner(new fakes::FakePromptableSegmenter),
        segmenter(std::unique_ptr<TextDetector>(detector),
                  std::unique_ptr<PromptableSegmenter>(outliner), options) {}
  fakes::FakeDetector* detector;
  fakes::FakePromptableSegmenter* outliner;
  GroundedSegmenter segmenter;
};

TEST(GroundedSegmenter, OutlinesEveryBoxOfTheDetector) {
  Parts parts(fakes::give_boxes({{"a dog", 0.7, {1, 2, 4, 5}}, {"a cat", 0.6, {-3, 8, 2.5, 30}}}));
  const at::Tensor image = fakes::noisy_scene(10, 20, 1);
  const std::vector<Detection> found = parts.segmenter.segment(image, "a dog. a cat.");
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].phrase, "a dog");
  EXPECT_EQ(found[0].score, 0.7);
  EXPECT_EQ(found[0].box, (Box{1, 2, 4, 5}));
  EXPECT_EQ(found[0].mask.sum().item<int64_t>(), 9);
  EXPECT_EQ(found[1].box, (Box{0, 8, 3, 10})) << "cut at the border";
  EXPECT_EQ(found[1].mask.sizes(), (at::IntArrayRef{10, 20}));
  EXPECT_EQ(parts.outliner->predictions(), 1) << "all boxes in one batch";
}

TEST(GroundedSegmenter, FindsNothingWhereTheDetectorFindsNothing) {
  Parts parts(fakes::give_boxes({}));
  EXPECT_THAT(parts.segmenter.segment(fakes::noisy_scene(10, 20, 1), "a dog."), IsEmpty());
  EXPECT_EQ(parts.outliner->images(), 0) << "no image is read for nothing";
}

TEST(GroundedSegmenter, HandsItsOptionsOn) {
  Parts parts(fakes::give_boxes({{"a", 0.7, {0, 0, 9, 9}}, {"b", 0.6, {0, 0, 9, 8}}}),
              {.box_threshold = 0.5, .max_iou = 0.5});
  EXPECT_THAT(parts.segmenter.segment(fakes::noisy_scene(10, 20, 1), "a. b."), SizeIs(1));
  EXPECT_EQ(parts.detector->calls().at(0).options.box_threshold, 0.5);
  EXPECT_THROW(Parts(fakes::give_boxes({}), {.box_threshold = 2}), std::invalid_argument);
}

}  // namespace
}  // namespace situ
