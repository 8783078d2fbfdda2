// SPDX-License-Identifier: Apache-2.0
// SAM 2 against transformers, from the files that transformers writes; see
// tools/make_segment_anything_2_fixture.py. Each part starts from the reference's inputs: 1e-4, a
// hundred times what the order of additions makes of outputs of order one. From pixels: 1e-3.
#include <gtest/gtest.h>

#include "parity/sam_prompts.h"
#include "situ/backends/model_files.h"
#include "situ/backends/segment_anything_2_files.h"
#include "situ/backends/segment_anything_predictor.h"
#include "situ/io/json_file.h"
#include "situ/models/segment_anything_2/segment_anything_2.h"

namespace situ {
namespace {

constexpr double kTolerance = 1e-4;
constexpr double kWholeTolerance = 1e-3;

class SegmentAnything2Parity : public testing::Test {
 protected:
  static std::string folder() { return SITU_SOURCE_DIR "/tests/parity/segment_anything_2"; }

  SegmentAnything2Parity()
      : fixture_("segment_anything_2/outputs"),
        network_(Sam2Config::from_json(load_json(folder() + "/config.json"), "config.json")) {
    network_->eval();
    load_state_dict(*network_, segment_anything_2_state(load_weights(folder(), "model")), folder());
  }

  SamPrompts prompts(const std::string& which) const { return fixture_prompts(fixture_, which); }

  void expect_reference(const SamImageFeatures& image, const std::string& which, bool several,
                        double tolerance) {
    const SamMasks got = network_->decode(image, prompts(which), several);
    const std::string key = which + (several ? ".several" : ".one");
    expect_masks(got, fixture_, key, tolerance);
  }

  c10::InferenceMode inference_;
  ParityFixture fixture_;
  SegmentAnything2 network_;
};

TEST_F(SegmentAnything2Parity, EncodesAPictureInThreeSizes) {
  const SamImageFeatures image = network_->encode_image(fixture_["pixels"]);
  expect_near(image.embedding, fixture_["embedding"], kTolerance, "embedding");
  expect_near(image.twice, fixture_["s1"], kTolerance, "twice");
  expect_near(image.fourfold, fixture_["s0"], kTolerance, "fourfold");
}

TEST_F(SegmentAnything2Parity, OutlinesBoxesPointsAndBothOnceOrSeveralTimes) {
  const SamImageFeatures image{
      .embedding = fixture_["embedding"], .twice = fixture_["s1"], .fourfold = fixture_["s0"]};
  for (const char* which : {"boxes", "points", "both"}) {
    for (const bool several : {false, true}) expect_reference(image, which, several, kTolerance);
  }
}

TEST_F(SegmentAnything2Parity, HoldsFromPixelsToLogits) {
  expect_reference(network_->encode_image(fixture_["pixels"]), "both", true, kWholeTolerance);
}

TEST_F(SegmentAnything2Parity, IsAPromptableSegmenterOfItsFolder) {
  const auto segmenter = load_segment_anything(folder(), {});
  segmenter->set_image(at::randint(256, {3, 40, 90}, seeded(5), at::kByte));
  const PromptedMasks masks = segmenter->predict({.boxes = fixture_["boxes"]}, true);
  EXPECT_EQ(masks.masks.sizes(), (at::IntArrayRef{3, 3, 40, 90}));
}

}  // namespace
}  // namespace situ
