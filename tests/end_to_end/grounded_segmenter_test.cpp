// SPDX-License-Identifier: Apache-2.0
// Grounding DINO and Segment Anything from files to masks, as tiny random networks.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "parity/tiny_model_folder.h"
#include "situ/backends/registry.h"
#include "situ/core/errors.h"
#include "situ/io/test_files.h"
#include "situ/models/grounding_dino/grounding_dino.h"
#include "situ/models/segment_anything/segment_anything.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using ::testing::Not;

// BERT's ids of the tokens that matter.
std::string vocabulary(int64_t size) {
  std::string text;
  for (int64_t id = 0; id < size; ++id) {
    switch (id) {
      case 100:
        text += "[UNK]\n";
        break;
      case 101:
        text += "[CLS]\n";
        break;
      case 102:
        text += "[SEP]\n";
        break;
      case 200:
        text += "dog\n";
        break;
      case 201:
        text += "cat\n";
        break;
      case 202:
        text += "'\n";
        break;
      case 203:
        text += "s\n";
        break;
      case 1012:
        text += ".\n";
        break;
      default:
        text += "unused" + std::to_string(id) + "\n";
    }
  }
  return text;
}

class GroundedFolder : public ::testing::Test {
 protected:
  GroundedFolder() {
    const ParityFixture dino("grounding_dino/two_phrases"), sam("segment_anything");
    nlohmann::json config = dino.config();
    GroundingDino detector(GroundingDinoConfig::from_json(config, dino.path()));
    save_seeded(*detector, config, folder_ / "detector", "model.safetensors");
    testing::put(folder_ / "detector" / "vocab.txt",
                 vocabulary(detector->config().text.vocab_size));
    testing::put(folder_ / "detector" / "preprocessor_config.json",
                 R"({"size": {"shortest_edge": 64, "longest_edge": 96}})");
    SegmentAnything outliner(SamConfig::from_json(sam.config(), sam.path()));
    save_seeded(*outliner, sam.config(), folder_ / "segmenter", "model.safetensors");
  }

  at::Tensor picture(int64_t seed) const {
    return at::randint(256, {3, 48, 72}, seeded(static_cast<std::uint64_t>(seed)), at::kByte);
  }
  std::string path(const char* part) const { return (folder_ / part).string(); }
  std::unique_ptr<TextDetector> detector() const { return make_detector(path("detector"), {}); }

  static std::vector<double> scores(const std::vector<DetectedBox>& found) {
    std::vector<double> all;
    for (const DetectedBox& one : found) all.push_back(one.score);
    return all;
  }

  TemporaryFolder folder_;
};

constexpr DetectionOptions kEverything{.box_threshold = 0, .text_threshold = 0};

TEST_F(GroundedFolder, IsASegmenterOfItsTwoModels) {
  const auto segmenter = make_segmenter(folder_.path().string(), {});
  const at::Tensor image = picture(1);
  const std::vector<Detection> found = segmenter->segment(image, "dog. cat.");
  ASSERT_THAT(found, Not(IsEmpty())) << "random scores lie about one half";
  for (const Detection& one : found) {
    EXPECT_EQ(one.mask.sizes(), (at::IntArrayRef{48, 72}));
    EXPECT_GT(one.score, 0.3);
  }
  const ModelIdentity identity = identify_segmenter(folder_.path().string());
  ASSERT_EQ(identity.weights.size(), 2U);
  EXPECT_EQ(identity.weights[0].file, "detector/model.safetensors");
}

TEST_F(GroundedFolder, FindsTheSameAgainWhateverWasAskedBetween) {
  const auto warm = detector();
  const at::Tensor first = picture(1);
  const auto before = scores(warm->detect(first, "dog.", kEverything));
  ASSERT_THAT(before, Not(IsEmpty()));
  EXPECT_NE(scores(warm->detect(picture(2), "dog.", kEverything)), before);
  EXPECT_NE(scores(warm->detect(first, "cat.", kEverything)), before);
  EXPECT_EQ(scores(warm->detect(first.clone(), "dog", kEverything)), before);
  at::Tensor changed = first.clone();
  changed[0][0][0] = changed[0][0][0].item<int>() ^ 0xFF;
  EXPECT_NE(scores(warm->detect(changed, "dog.", kEverything)), before)
      << "one pixel is another picture";
}

TEST_F(GroundedFolder, DropsWhatTheNegativePromptExplainsBetter) {
  const auto asked = detector();
  DetectionOptions no_cats = kEverything, no_dogs = kEverything;
  no_cats.negative_prompt = "cat.";
  no_dogs.negative_prompt = "dog.";
  std::size_t dogs = 0, cats = 0, all = 0;
  for (int64_t i = 0; i < 6; ++i) {
    const at::Tensor image = picture(i);
    all += asked->detect(image, "dog. cat.", kEverything).size();
    cats += asked->detect(image, "cat.", no_dogs).size();
    for (const DetectedBox& one : asked->detect(image, "dog.", no_cats)) {
      EXPECT_THAT(one.phrase, Not(HasSubstr("cat")));
      ++dogs;
    }
  }
  // Phrases do not see each other, so their order changes nothing: each box is one or the other.
  EXPECT_EQ(dogs + cats, all);
  EXPECT_GT(all, 0U);
}

TEST_F(GroundedFolder, WritesPhrasesWithTheSpacesOfEitherProcessing) {
  const auto asked = detector();
  DetectionOptions options = kEverything;
  const auto phrase = [&] { return asked->detect(picture(1), "dog's cat.", options).at(0).phrase; };
  EXPECT_THAT(phrase(), HasSubstr("dog's cat."));
  options.processing = DetectionRule::kTransformers;
  EXPECT_THAT(phrase(), HasSubstr("dog ' s cat."));
}

TEST_F(GroundedFolder, FindsNothingAboveEveryScore) {
  DetectionOptions strict;
  strict.box_threshold = 1;
  EXPECT_THAT(detector()->detect(picture(1), "dog.", strict), IsEmpty());
}

TEST_F(GroundedFolder, RunsInBfloat16) {
  const auto half = make_detector(path("detector"), {.dtype = at::kBFloat16});
  EXPECT_THAT(half->detect(picture(1), "dog.", kEverything), Not(IsEmpty()));
  const auto outliner = make_promptable_segmenter(path("segmenter"), {.dtype = at::kBFloat16});
  outliner->set_image(picture(1));
  const SegmentPrompts box{.boxes = at::tensor({5.0F, 5.0F, 40.0F, 40.0F}).view({1, 4})};
  const at::Tensor half_masks = outliner->predict(box, true).masks;
  ASSERT_EQ(half_masks.sizes(), (at::IntArrayRef{1, 3, 48, 72}));
  const auto exact = make_promptable_segmenter(path("segmenter"), {});
  exact->set_image(picture(1));
  const at::Tensor masks = exact->predict(box, true).masks;
  const auto count = [](const at::Tensor& x) { return x.sum().item<double>(); };
  // Eight bits in the image encoder alone: prompts and masks are float32.
  EXPECT_GE(count(masks & half_masks) / count(masks | half_masks), 0.98);
}

TEST_F(GroundedFolder, SaysWhatIsWrongWithAPart) {
  const auto broken = [this](const std::function<void()>& damage, const char* part) {
    damage();
    return message_of<std::exception>([&] {
      if (std::string(part) == "detector") {
        detector();
      } else {
        make_promptable_segmenter(path(part), {});
      }
    });
  };
  EXPECT_THAT(
      broken([&] { testing::put(folder_ / "detector/vocab.txt", vocabulary(5000)); }, "detector"),
      HasSubstr("it is another model's"));
  EXPECT_THAT(broken([&] { fs::remove(folder_ / "detector/vocab.txt"); }, "detector"),
              HasSubstr("no tokenizer there"));
  EXPECT_THAT(broken(
                  [&] {
                    fs::copy_file(folder_ / "detector/model.safetensors",
                                  folder_ / "segmenter/model.safetensors",
                                  fs::copy_options::overwrite_existing);
                  },
                  "segmenter"),
              HasSubstr("expected Segment Anything; it looks like Grounding DINO"));
  EXPECT_THAT(message_of<DataError>(
                  [&] { make_promptable_segmenter(path("segmenter/model.safetensors"), {}); }),
              HasSubstr("it looks like Grounding DINO"));
}

TEST_F(GroundedFolder, RefusesPromptsThatAreNone) {
  const auto outliner = make_promptable_segmenter(path("segmenter"), {});
  EXPECT_THROW(outliner->predict({.boxes = at::zeros({1, 4})}, false), std::logic_error);
  outliner->set_image(picture(1));
  for (const SegmentPrompts& bad :
       {SegmentPrompts{}, SegmentPrompts{.boxes = at::zeros({0, 4})},
        SegmentPrompts{.boxes = at::zeros({1, 3})}, SegmentPrompts{.boxes = at::full({1, 4}, NAN)},
        SegmentPrompts{.points = at::zeros({1, 2, 2})},
        SegmentPrompts{.points = at::zeros({1, 2, 2}), .labels = at::zeros({1, 3}, at::kLong)}}) {
    EXPECT_THROW(outliner->predict(bad, false), std::invalid_argument);
  }
  EXPECT_THROW(detector()->detect(picture(1), " . ", kEverything), std::invalid_argument);
}

}  // namespace
}  // namespace situ
