// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/annotation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "situ/tasks/fakes.h"

namespace situ {
namespace {

constexpr int64_t kSide = 40;  // of the crop
constexpr Box kCropBox{20, 10, 60, 50};
constexpr Box kHole{10, 10, 30, 30};
constexpr int64_t kHeight = 80;
constexpr int64_t kWidth = 100;

at::Tensor mask_of(const Box& box) {
  at::Tensor mask = at::zeros({kSide, kSide}, at::kBool);
  mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1).fill_(true);
  return mask;
}

Detection detection(const Box& box, double score) {
  return {.phrase = "dog", .score = score, .box = box, .mask = mask_of(box)};
}

// Finds `painted` in the first image, `original` in the second.
AnnotationResult annotated(const std::vector<Detection>& painted,
                           const AnnotationOptions& options = {},
                           const std::vector<Detection>& original = {}) {
  int call = 0;
  fakes::FakeSegmenter segmenter(
      [&](const fakes::SegmentCall&) { return call++ == 0 ? painted : original; });
  const Crop crop{.box = kCropBox,
                  .image = fakes::plain_scene(kSide, kSide, {1, 1, 1}),
                  .hole_mask = mask_of(kHole)};
  return annotate(segmenter, fakes::plain_scene(kSide, kSide, {2, 2, 2}), crop, "dog", kHeight,
                  kWidth, options);
}

TEST(Annotate, PlacesTheObjectInTheImage) {
  const AnnotationResult result = annotated({detection({12, 13, 20, 30}, 0.8)});
  ASSERT_TRUE(result.object);
  EXPECT_EQ(result.object->box, (Box{32, 23, 40, 40}));
  EXPECT_EQ(*bounding_box(result.object->mask), (Box{32, 23, 40, 40}));
  EXPECT_EQ(result.object->mask.size(0), kHeight);
  EXPECT_EQ(result.object->mask.size(1), kWidth);
  EXPECT_EQ(result.object->area_px, 8 * 17);
  EXPECT_EQ(result.object->score, 0.8);
}

TEST(Annotate, RejectsWhenNothingIsFound) {
  const AnnotationResult result = annotated({});
  EXPECT_FALSE(result.object);
  EXPECT_EQ(result.rejection, Rejection::kNotDetected);
  EXPECT_EQ(result.reason, "nothing was found for 'dog'");
}

TEST(Annotate, RejectsBelowTheContainmentAndAcceptsAtIt) {
  // 20 rows of which 19 or 18 lie in the hole: 0.95 and 0.9.
  EXPECT_TRUE(annotated({detection({12, 9, 20, 29}, 0.8)}).object);
  const AnnotationResult result = annotated({detection({12, 8, 20, 28}, 0.8)});
  EXPECT_FALSE(result.object);
  EXPECT_EQ(result.rejection, Rejection::kOutsideRegion);
  EXPECT_EQ(result.reason, "0.9 of the object lies inside the hole, less than 0.95");
}

TEST(Annotate, RejectsBelowOnePercentOfTheCropAndAcceptsAtIt) {
  EXPECT_TRUE(annotated({detection({12, 12, 16, 16}, 0.8)}).object);  // 16 of 1600
  const AnnotationResult result = annotated({detection({12, 12, 15, 17}, 0.8)});
  EXPECT_EQ(result.rejection, Rejection::kTooSmall);
  EXPECT_EQ(result.reason, "the object covers 0.00937 of the crop, less than 0.01");
}

TEST(Annotate, RejectsAnEmptyMaskAsTooSmall) {
  EXPECT_EQ(annotated({detection({12, 12, 12, 12}, 0.8)}).rejection, Rejection::kTooSmall);
  EXPECT_EQ(annotated({detection({12, 12, 12, 12}, 0.8)}, {.min_area = 0}).rejection,
            Rejection::kTooSmall);
}

TEST(Annotate, JoinsTheAcceptedDetectionsOrTakesTheSurest) {
  const std::vector<Detection> found{detection({10, 10, 16, 16}, 0.4),
                                     detection({20, 20, 28, 28}, 0.7),
                                     detection({0, 0, 9, 9}, 0.9)};
  const AnnotationResult all = annotated(found);
  EXPECT_EQ(all.object->area_px, 36 + 64);
  EXPECT_EQ(all.object->box, (Box{30, 20, 48, 38}));
  EXPECT_EQ(all.object->score, 0.7);
  const AnnotationResult best = annotated(found, {.detections = DetectionChoice::kBest});
  EXPECT_EQ(best.object->area_px, 64);
}

TEST(Annotate, GivesTheReasonOfTheSurestDetection) {
  EXPECT_EQ(annotated({detection({0, 0, 9, 9}, 0.4), detection({12, 12, 13, 13}, 0.6)}).rejection,
            Rejection::kTooSmall);
}

TEST(Annotate, IgnoresDetectionsBelowTheScore) {
  EXPECT_EQ(annotated({detection({12, 13, 20, 30}, 0.3)}, {.min_score = 0.31}).rejection,
            Rejection::kNotDetected);
  EXPECT_FALSE(
      annotated({detection({12, 13, 20, 30}, std::numeric_limits<double>::quiet_NaN())}).object);
}

TEST(Annotate, RejectsWhatWasThereBeforeWhenAsked) {
  const Detection object = detection({12, 13, 20, 30}, 0.8);
  const Detection same = detection({12, 14, 20, 30}, 0.8);
  const Detection other = detection({22, 13, 30, 30}, 0.8);
  const AnnotationOptions compare{.compare_with_original = true};
  EXPECT_TRUE(annotated({object}, {}, {same}).object);
  EXPECT_TRUE(annotated({object}, compare, {other}).object);
  const AnnotationResult result = annotated({object}, compare, {same});
  EXPECT_EQ(result.rejection, Rejection::kAlreadyThere);
  EXPECT_EQ(result.reason, "the unpainted crop shows it too: IoU 0.941, more than 0.7");
}

TEST(Annotate, RefusesMasksAndImagesOfAnotherSize) {
  Detection wrong = detection({12, 13, 20, 30}, 0.8);
  wrong.mask = at::zeros({kSide, kSide + 1}, at::kBool);
  EXPECT_THROW(annotated({wrong}), std::invalid_argument);
  wrong.mask = at::zeros({kSide, kSide}, at::kByte);
  EXPECT_THROW(annotated({wrong}), std::invalid_argument);
  wrong.mask = at::Tensor();
  EXPECT_THROW(annotated({wrong}), std::invalid_argument);
  EXPECT_THROW(annotated({}, {.min_area = 1.5}), std::invalid_argument);
}

// From running the original code: rows and columns of the hole before and after.
TEST(HoleCompatPoc, GrowsLikeTheOriginalCode) {
  at::Tensor hole = at::zeros({420, 420}, at::kBool);
  hole.slice(0, 35, 385).slice(1, 40, 380).fill_(true);
  EXPECT_EQ(*bounding_box(hole_compat_poc(hole)), (Box{39, 34, 381, 386}));
  hole = at::zeros({838, 838}, at::kBool);
  hole.slice(0, 69, 767).slice(1, 69, 767).fill_(true);
  EXPECT_EQ(*bounding_box(hole_compat_poc(hole)), (Box{68, 68, 768, 768}));
  hole = at::zeros({512, 512}, at::kBool);
  hole.slice(0, 69, 300).slice(1, 69, 310).fill_(true);
  EXPECT_TRUE(hole_compat_poc(hole).equal(hole));
}

}  // namespace
}  // namespace situ
