// SPDX-License-Identifier: Apache-2.0
// SAM 2.1 in the layout of its authors; see tools/make_original_segment_anything_2_fixture.py.
// Lists of tensors are exact. From pixels to maps and logits, of the smallest in its true size:
// 1e-3, what rounding makes of a dozen layers in another order of additions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parity/listed_shapes.h"
#include "parity/seeded_weights.h"
#include "situ/backends/segment_anything_2_files.h"
#include "situ/backends/segment_anything_predictor.h"
#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/npy.h"
#include "situ/io/safetensors.h"
#include "situ/models/segment_anything_2/segment_anything_2.h"

namespace situ {
namespace {

const std::map<std::string, at::Tensor>& fixture() {
  static const auto arrays =
      load_npz(SITU_SOURCE_DIR "/tests/parity/original_segment_anything_2.npz");
  return arrays;
}

Shapes listed(const std::string& name) { return listed_shapes(fixture().at(name)); }

bool is_of_image_part(const std::string& key) {
  return key.starts_with("image_encoder.") || key.starts_with("sam_prompt_encoder.") ||
         key.starts_with("sam_mask_decoder.") || key == "no_mem_embed";
}

struct Published {
  std::string name, size;
  std::size_t tensors;
};

class PublishedSegmentAnything2 : public testing::TestWithParam<Published> {};

TEST_P(PublishedSegmentAnything2, HasTheTensorsOfTransformersAndOfTheNetwork) {
  const auto& [name, size, tensors] = GetParam();
  const Shapes original = listed(size + ".original");
  ASSERT_EQ(original.size(), tensors);
  const StateDict state = sam2_from_original(shapes_only(original));
  EXPECT_EQ(shapes_of(state),
            shapes_of(segment_anything_2_state(shapes_only(listed(size + ".transformers")))));
  Shapes image;
  for (const auto& [key, shape] : original) {
    if (is_of_image_part(key)) image[key] = shape;
  }
  EXPECT_EQ(shapes_of(sam2_to_original(state)), image);
  const UninitializedWeights guard(at::kFloat);
  EXPECT_EQ(shapes_of(state_dict(*SegmentAnything2(sam2_config_of(state, name)))),
            shapes_of(state));
}

INSTANTIATE_TEST_SUITE_P(Sizes, PublishedSegmentAnything2,
                         testing::Values(Published{"tiny", "t", 471}, Published{"small", "s", 519},
                                         Published{"base_plus", "b+", 615},
                                         Published{"large", "l", 903}),
                         [](const auto& size) { return size.param.name; });

// The smallest one with the weights that the fixture was made with, and zeros for videos' part.
StateDict seeded_checkpoint() {
  StateDict image, all;
  for (const auto& [key, tensor] : shapes_only(listed("t.original"))) {
    all[key] =
        is_of_image_part(key) ? image[key] = at::empty(tensor.sizes()) : at::zeros(tensor.sizes());
  }
  fill_with_seeded_weights(image);
  return all;
}

TEST(OriginalSegmentAnything2, OutlinesTheSameFromPixels) {
  const c10::InferenceMode inference;
  StateDict state = sam2_from_original(seeded_checkpoint());
  SegmentAnything2 network(sam2_config_of(state, "seeded"));
  load_state_dict(*network, std::move(state), "seeded");
  const at::Tensor pixels = at::randn({1, 3, 1024, 1024}, seeded(1));
  const SamImageFeatures image = network->encode_image(pixels);
  const auto expect = [](const at::Tensor& got, const std::string& key, int64_t step) {
    expect_near(got.slice(2, 0, {}, step).slice(3, 0, {}, step), fixture().at(key), 1e-3, key);
  };
  expect(image.embedding, "embedding", 9);
  expect(image.twice, "s1", 19);
  expect(image.fourfold, "s0", 37);
  for (const bool several : {false, true}) {
    const std::string key = several ? "several" : "one";
    const SamMasks masks = network->decode(image, {.boxes = fixture().at("boxes")}, several);
    expect(masks.logits, key + ".logits", 7);
    expect_near(masks.predicted_iou, fixture().at(key + ".iou"), 1e-3, key + ".iou");
  }
}

TEST(OriginalSegmentAnything2, IsAPromptableSegmenterOfItsFileAndNamesWhatItDoesNotKnow) {
  const TemporaryFolder folder;
  StateDict state = seeded_checkpoint();
  save_safetensors(folder / "sam2.1_hiera_tiny.pt", state);
  const auto segmenter = load_segment_anything(folder / "sam2.1_hiera_tiny.pt", {});
  segmenter->set_image(at::randint(256, {3, 40, 90}, seeded(5), at::kByte));
  const PromptedMasks masks =
      segmenter->predict({.boxes = at::tensor({3.0F, 4.0F, 60.0F, 30.0F}).view({1, 4})}, true);
  EXPECT_EQ(masks.masks.sizes(), (at::IntArrayRef{1, 3, 40, 90}));

  const auto refusal = [&]() -> std::string {
    save_safetensors(folder / "sam2.1_hiera_tiny.pt", state);
    try {
      load_segment_anything(folder / "sam2.1_hiera_tiny.pt", {});
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  state["memory_of_elephants.weight"] = at::zeros({1});
  EXPECT_THAT(refusal(), testing::HasSubstr("memory_of_elephants.weight"));
  state.erase("memory_of_elephants.weight");
  state.erase("image_encoder.trunk.blocks.11.norm1.weight");
  EXPECT_THAT(refusal(), testing::HasSubstr("11 blocks"));
}

}  // namespace
}  // namespace situ
