// SPDX-License-Identifier: Apache-2.0
// MobileSAM, in its true size, against the code of its authors; see
// tools/make_mobile_sam_fixture.py. The list of tensors is exact. From a picture to the embedding
// and to logits: 1e-3, what rounding makes of two dozen layers in another order of additions, of
// normalisations that are folded into their convolutions, and of pixels that the original
// normalises from 0 to 255.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parity/listed_shapes.h"
#include "parity/seeded_weights.h"
#include "situ/backends/segment_anything_keys.h"
#include "situ/backends/segment_anything_predictor.h"
#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/npy.h"
#include "situ/io/safetensors.h"
#include "situ/models/mobile_sam/mobile_sam.h"
#include "situ/models/segment_anything/sam_image.h"

namespace situ {
namespace {

constexpr double kTolerance = 1e-3;

class OriginalMobileSam : public testing::Test {
 protected:
  OriginalMobileSam()
      : arrays_(load_npz(SITU_SOURCE_DIR "/tests/parity/mobile_sam.npz")),
        checkpoint_(listed_shapes(arrays_.at("checkpoint"))) {}

  // As the fixture has them: what the network does not use has no values.
  StateDict weights() const {
    StateDict state;
    for (const auto& [key, tensor] : shapes_only(checkpoint_)) {
      const bool unused = key.starts_with("image_encoder.head.") ||
                          key.starts_with("image_encoder.norm_head.") ||
                          key.ends_with("num_batches_tracked");
      if (!unused) state[key] = at::empty(tensor.sizes());
    }
    fill_with_seeded_weights(state);
    for (auto& [key, tensor] : state) {
      if (key.ends_with("running_var")) tensor += 1;
    }
    return state;
  }

  std::map<std::string, at::Tensor> arrays_;
  Shapes checkpoint_;
};

TEST_F(OriginalMobileSam, HasTheTensorsOfTheNetwork) {
  ASSERT_EQ(checkpoint_.size(), 439U);
  const StateDict canonical = mobile_sam_from_original(shapes_only(checkpoint_));
  EXPECT_EQ(shapes_of(state_dict(*MobileSam(MobileSamConfig{}))), shapes_of(canonical));
  Shapes used;
  for (const auto& [key, shape] : checkpoint_) {
    if (key.find("head.") != std::string::npos && key.starts_with("image_encoder.")) continue;
    if (!key.ends_with("num_batches_tracked")) used[key] = shape;
  }
  EXPECT_EQ(shapes_of(mobile_sam_to_original(canonical)), used);
}

TEST_F(OriginalMobileSam, OutlinesTheSameFromAPicture) {
  const c10::InferenceMode inference;
  MobileSam network{MobileSamConfig{}};
  load_state_dict(*network, mobile_sam_from_original(weights()), "seeded");
  const at::Tensor& picture = arrays_.at("picture");
  const SamFrame frame = SamFrame::of(picture.size(1), picture.size(2), 1024);
  const at::Tensor embedding = network->encode_image(sam_pixels(picture, frame));
  expect_near(embedding.slice(2, 0, {}, 7).slice(3, 0, {}, 7), arrays_.at("embedding"), kTolerance,
              "embedding");
  const at::Tensor boxes = to_square(arrays_.at("boxes").view({-1, 2, 2}), frame).view({-1, 4});
  const SamMasks masks = network->decode(embedding, {.boxes = boxes}, true);
  expect_near(masks.logits.slice(2, 0, {}, 5).slice(3, 0, {}, 5), arrays_.at("logits"), kTolerance,
              "logits");
  expect_near(masks.predicted_iou, arrays_.at("iou"), kTolerance, "iou");
}

class SavedMobileSam : public OriginalMobileSam {
 protected:
  // The whole checkpoint, with what the network does not use.
  StateDict checkpoint() const {
    StateDict state = weights();
    for (const auto& [key, tensor] : shapes_only(checkpoint_)) {
      const at::ScalarType dtype = key.ends_with("num_batches_tracked") ? at::kLong : at::kFloat;
      state.emplace(key, at::zeros(tensor.sizes(), dtype));
    }
    return state;
  }

  TemporaryFolder folder_;
};

TEST_F(SavedMobileSam, IsAPromptableSegmenterOfItsFile) {
  save_safetensors(folder_ / "mobile_sam.pt", checkpoint());
  const auto segmenter = load_segment_anything(folder_ / "mobile_sam.pt", {});
  segmenter->set_image(arrays_.at("picture"));
  const PromptedMasks masks = segmenter->predict({.boxes = arrays_.at("boxes")}, true);
  EXPECT_EQ(masks.masks.sizes(), (at::IntArrayRef{2, 3, 70, 131}));
  expect_near(masks.predicted_iou, arrays_.at("iou"), kTolerance, "iou");
}

TEST_F(SavedMobileSam, NamesTensorsThatItDoesNotKnowOrMisses) {
  const auto refusal = [&](const StateDict& state) -> std::string {
    save_safetensors(folder_ / "mobile_sam.pt", state);
    try {
      load_segment_anything(folder_ / "mobile_sam.pt", {});
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  StateDict state = checkpoint();
  state["image_encoder.layers.4.blocks.0.conv1.c.weight"] = at::zeros({1});
  EXPECT_THAT(refusal(state), testing::HasSubstr("layers.4.blocks.0.conv1.c.weight"));
  state = checkpoint();
  state.erase("image_encoder.layers.1.blocks.1.local_conv.bn.running_var");
  EXPECT_THAT(refusal(state), testing::HasSubstr("layers.1.blocks.1.local_conv.bn.running_var"));
}

}  // namespace
}  // namespace situ
