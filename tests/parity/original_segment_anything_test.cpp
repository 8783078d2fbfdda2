// SPDX-License-Identifier: Apache-2.0
// Segment Anything in the layout of its authors; see
// tools/make_original_segment_anything_fixture.py. Lists of tensors are exact. From a picture to
// logits: 1e-3, what rounding makes of a dozen layers in another order of additions, and of pixels
// that the original normalises from 0 to 255.
#include <gtest/gtest.h>

#include "parity/listed_shapes.h"
#include "parity/seeded_weights.h"
#include "situ/backends/segment_anything_keys.h"
#include "situ/io/npy.h"
#include "situ/models/segment_anything/sam_image.h"
#include "situ/models/segment_anything/segment_anything.h"

namespace situ {
namespace {

const std::map<std::string, at::Tensor>& fixture() {
  static const auto arrays =
      load_npz(SITU_SOURCE_DIR "/tests/parity/original_segment_anything.npz");
  return arrays;
}

Shapes listed(const std::string& name) { return listed_shapes(fixture().at(name)); }

struct Published {
  std::string name;
  std::size_t tensors;
  int64_t width, layers, heads;
};

class PublishedSegmentAnything : public testing::TestWithParam<Published> {};

TEST_P(PublishedSegmentAnything, HasTheTensorsOfTransformersAndOfTheNetwork) {
  const auto& [name, tensors, width, layers, heads] = GetParam();
  const StateDict original = shapes_only(listed(name + ".original"));
  ASSERT_EQ(original.size(), tensors);
  const StateDict canonical = sam_from_original(original);
  const Shapes theirs = listed(name + ".transformers");
  EXPECT_EQ(shapes_of(canonical), theirs);
  EXPECT_EQ(shapes_of(sam_to_original(canonical)), shapes_of(original));

  const SamConfig config = sam_config_of(canonical, name);
  EXPECT_EQ(config.vision.hidden_size, width);
  EXPECT_EQ(config.vision.num_hidden_layers, layers);
  EXPECT_EQ(config.vision.num_attention_heads, heads);
  EXPECT_EQ(config.vision.mlp_dim, 4 * width);
  EXPECT_EQ(config.vision.image_size, 1024);
  EXPECT_EQ(config.vision.window_size, 14);
  std::vector<int64_t> global;
  for (int64_t i = 1; i <= 4; ++i) global.push_back(i * layers / 4 - 1);
  EXPECT_EQ(config.vision.global_attn_indexes, global);
  const UninitializedWeights guard(at::kFloat);
  EXPECT_EQ(shapes_of(state_dict(*SegmentAnything(config))), theirs);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PublishedSegmentAnything,
                         testing::Values(Published{"vit_b", 314, 768, 12, 12},
                                         Published{"vit_l", 482, 1024, 24, 16},
                                         Published{"vit_h", 594, 1280, 32, 16}),
                         [](const auto& size) { return size.param.name; });

class OriginalCode : public testing::Test {
 protected:
  // The sizes are those of the fixture of transformers; the original's epsilon is its own.
  OriginalCode() : network_(config()) {
    StateDict weights;
    for (const auto& [key, tensor] : sam_to_original(state_dict(*network_))) {
      weights[key] = at::empty_like(tensor);
    }
    fill_with_seeded_weights(weights);
    load_state_dict(*network_, sam_from_original(weights), "seeded");
    frame_ = SamFrame::of(fixture().at("picture").size(1), fixture().at("picture").size(2), 80);
  }

  static SamConfig config() {
    const ParityFixture theirs("segment_anything");
    SamConfig config = SamConfig::from_json(theirs.config(), theirs.path());
    config.prompt.layer_norm_eps = 1e-5;
    return config;
  }

  SamPrompts prompts(const std::string& which) const {
    SamPrompts asked;
    if (which != "points") {
      asked.boxes = to_square(fixture().at("boxes").view({-1, 2, 2}), frame_).view({-1, 4});
    }
    if (which != "boxes") {
      asked.points = to_square(fixture().at("points"), frame_);
      asked.labels = fixture().at("labels");
    }
    if (which == "all") asked.masks = fixture().at("mask_logits");
    return asked;
  }

  c10::InferenceMode inference_;
  SegmentAnything network_;
  SamFrame frame_;
};

TEST_F(OriginalCode, SeesTheSamePixels) {
  // It normalises bytes; situ, as transformers, bytes divided by 255.
  expect_near(sam_pixels(fixture().at("picture"), frame_)[0], fixture().at("pixels"), 1e-6,
              "pixels");
}

TEST_F(OriginalCode, OutlinesTheSameFromAPicture) {
  const at::Tensor embedding = network_->encode_image(sam_pixels(fixture().at("picture"), frame_));
  for (const char* which : {"boxes", "points", "all"}) {
    for (const bool several : {false, true}) {
      const std::string key = std::string(which) + (several ? ".several" : ".one");
      const SamMasks got = network_->decode(embedding, prompts(which), several);
      expect_near(got.logits, fixture().at(key + ".logits"), 1e-3, key + ".logits");
      expect_near(got.predicted_iou, fixture().at(key + ".iou"), 1e-3, key + ".iou");
      EXPECT_TRUE(
          picture_masks(fixture().at(key + ".logits"), frame_).equal(fixture().at(key + ".masks")))
          << key;
    }
  }
}

}  // namespace
}  // namespace situ
