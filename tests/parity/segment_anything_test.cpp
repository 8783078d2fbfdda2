// SPDX-License-Identifier: Apache-2.0
// Segment Anything against transformers; see tools/make_segment_anything_fixture.py. Each part
// starts from the reference's inputs: 1e-4, a hundred times what the order of additions makes of
// outputs of order one. The whole, from pixels to logits: 1e-3.
#include <gtest/gtest.h>

#include "parity/sam_prompts.h"
#include "situ/models/segment_anything/sam_image.h"
#include "situ/models/segment_anything/segment_anything.h"

namespace situ {
namespace {

constexpr double kTolerance = 1e-4;
constexpr double kWholeTolerance = 1e-3;

class SegmentAnythingParity : public testing::Test {
 protected:
  SegmentAnythingParity()
      : fixture_("segment_anything"),
        network_(SamConfig::from_json(fixture_.config(), fixture_.path())) {
    fill_with_seeded_weights(*network_);
  }

  SamPrompts prompts(const std::string& which) const { return fixture_prompts(fixture_, which); }

  void expect_reference(const SamMasks& got, const std::string& key, double tolerance) const {
    expect_masks(got, fixture_, key, tolerance);
  }

  c10::InferenceMode inference_;
  ParityFixture fixture_;
  SegmentAnything network_;
};

TEST_F(SegmentAnythingParity, EncodesAPictureInWindowsAndEverywhere) {
  expect_near(network_->encode_image(fixture_["pixels"]), fixture_["embedding"], kTolerance,
              "embedding");
}

TEST_F(SegmentAnythingParity, OutlinesBoxesPointsAndBothOnceOrSeveralTimes) {
  for (const char* which : {"boxes", "points", "both"}) {
    for (const bool several : {false, true}) {
      expect_reference(network_->decode(fixture_["embedding"], prompts(which), several),
                       std::string(which) + (several ? ".several" : ".one"), kTolerance);
    }
  }
}

TEST_F(SegmentAnythingParity, RefinesAnEarlierMask) {
  SamPrompts asked = prompts("boxes");
  asked.masks = fixture_["masks"].slice(0, 0, 1).expand({3, -1, -1, -1});
  expect_reference(network_->decode(fixture_["embedding"], asked, true), "mask", kTolerance);
}

TEST_F(SegmentAnythingParity, HoldsFromPixelsToLogits) {
  const at::Tensor embedding = network_->encode_image(fixture_["pixels"]);
  expect_reference(network_->decode(embedding, prompts("both"), true), "both.several",
                   kWholeTolerance);
}

TEST_F(SegmentAnythingParity, HoldsInBfloat16) {
  network_->to(at::kBFloat16);
  const at::Tensor embedding = network_->encode_image(fixture_["pixels"].to(at::kBFloat16));
  const SamMasks got = network_->decode(embedding, prompts("boxes"), false);
  ASSERT_EQ(got.logits.scalar_type(), at::kFloat);
  const at::Tensor expected = fixture_["boxes.one.logits"];
  // Eight bits of each of some thousand numbers; the logits are of order one.
  EXPECT_LT((got.logits - expected).norm().item<double>() / expected.norm().item<double>(), 0.1);
}

TEST_F(SegmentAnythingParity, SeesAPictureAsTheImageProcessorDoes) {
  const SamFrame frame = SamFrame::of(37, 61, 80);
  EXPECT_TRUE(sam_pixels(fixture_["picture"], frame).equal(fixture_["processed"]));
}

TEST_F(SegmentAnythingParity, GivesMasksOfThePicturesSizeAsTheImageProcessorDoes) {
  const at::Tensor masks = picture_masks(fixture_["both.several.logits"], SamFrame::of(37, 61, 80));
  EXPECT_TRUE(masks.equal(fixture_["full_masks"].to(at::kBool)));
}

}  // namespace
}  // namespace situ
