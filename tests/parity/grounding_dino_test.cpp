// SPDX-License-Identifier: Apache-2.0
// Grounding DINO against transformers; see tools/make_grounding_dino_fixture.py.
#include <gtest/gtest.h>

#include <sstream>

#include "parity/seeded_weights.h"
#include "situ/io/npy.h"
#include "situ/models/grounding_dino/detections.h"
#include "situ/models/grounding_dino/grounding_dino.h"
#include "situ/models/grounding_dino/image_preparation.h"
#include "situ/nn/layers.h"

namespace situ {
namespace {

// Each part on transformers' own inputs: float32's rounding, over numbers of about 1.
constexpr double kPart = 1e-4;
// The whole, pixels to boxes: what each part adds is passed on by the next.
constexpr double kWhole = 1e-3;

class DetectorParity : public testing::TestWithParam<const char*> {
 protected:
  DetectorParity()
      : fixture_(std::string("grounding_dino/") + GetParam()),
        network_(GroundingDinoConfig::from_json(fixture_.config(), fixture_.path())) {
    network_->eval();
    fill_with_seeded_weights(*network_);
  }

  bool has_padding() const { return std::string(GetParam()) == "batch"; }
  at::Tensor pixel_mask() const { return has_padding() ? fixture_["pixel_mask"] : at::Tensor(); }
  at::Tensor token_mask() const { return has_padding() ? fixture_["token_mask"] : at::Tensor(); }

  at::Tensor pixels() const {
    const at::Tensor shape = fixture_["pixels_shape"];
    const auto seed = static_cast<std::uint64_t>(fixture_["pixels_seed"].item<int64_t>());
    const at::Tensor drawn =
        at::randn({shape[0].item<int64_t>(), 3, shape[2].item<int64_t>(), shape[3].item<int64_t>()},
                  seeded(seed), at::kFloat);
    return has_padding() ? drawn * pixel_mask().unsqueeze(1) : drawn;
  }

  // What the encoder of transformers was given.
  ImageFeatures image() {
    ImageFeatures image = network_->encode_image(pixels(), pixel_mask());
    image.features = fixture_["features"];
    image.positions = fixture_["positions"];
    return image;
  }
  TextFeatures text() {
    TextFeatures text = network_->encode_text(fixture_["tokens"], token_mask());
    text.features = fixture_["text"];
    return text;
  }

  void expect_output(const GroundingDinoOutput& output, double tolerance) const {
    expect_near(output.boxes, fixture_["boxes"], tolerance, "boxes");
    const at::Tensor expected = fixture_["logits"], none = expected.isinf();
    EXPECT_TRUE(output.logits.isinf().equal(none)) << "which logits are of no token";
    expect_near(output.logits.masked_fill(none, 0), expected.masked_fill(none, 0), tolerance,
                "logits");
  }

  const c10::InferenceMode inference_;
  ParityFixture fixture_;
  GroundingDino network_;
};

TEST_P(DetectorParity, EncodesTheTextOfThePrompt) {
  const TextFeatures text = network_->encode_text(fixture_["tokens"], token_mask());
  expect_near(text.features, fixture_["text"], kPart, "text");
}

TEST_P(DetectorParity, EncodesThePicture) {
  const ImageFeatures image = network_->encode_image(pixels(), pixel_mask());
  expect_near(image.features, fixture_["features"], kPart, "features");
  expect_near(image.positions, fixture_["positions"], kPart, "positions");
  expect_near(image.valid_ratios, fixture_["valid_ratios"], 1e-6, "valid ratios");
}

TEST_P(DetectorParity, EnhancesPictureAndText) {
  const FusionFeatures enhanced = network_->enhance(image(), text());
  expect_near(enhanced.image, fixture_["image_enhanced"], kPart, "image");
  expect_near(enhanced.text, fixture_["text_enhanced"], kPart, "text");
}

TEST_P(DetectorParity, DecodesBoxesAndLogits) {
  const ImageFeatures image = this->image();
  expect_output(network_->decode({.image = fixture_["image_enhanced"],
                                  .text = fixture_["text_enhanced"],
                                  .image_padding = image.padding,
                                  .text_padding = text().padding},
                                 image),
                kPart);
}

TEST_P(DetectorParity, DetectsWhatTransformersDetects) {
  expect_output(network_->detect(network_->encode_image(pixels(), pixel_mask()),
                                 network_->encode_text(fixture_["tokens"], token_mask())),
                kWhole);
}

// bfloat16 keeps 8 bits, and each of some dozen layers rounds numbers of about 1 to them. A tiny
// network's queries may change places by that, so boxes and logits are only asked to be sound.
TEST_P(DetectorParity, StaysNearInBFloat16) {
  network_->to(at::kBFloat16);
  const FusionFeatures enhanced =
      network_->enhance(network_->encode_image(pixels().to(at::kBFloat16), pixel_mask()),
                        network_->encode_text(fixture_["tokens"], token_mask()));
  const at::Tensor seen = fixture_["image_enhanced"];
  at::Tensor difference = (enhanced.image.to(at::kFloat) - seen).abs();
  EXPECT_LE(difference.mean().item<double>(), 0.03) << "the image is about 1";
  difference = (enhanced.text.to(at::kFloat) - fixture_["text_enhanced"]).abs();
  EXPECT_LE(difference.mean().item<double>(), 0.03) << "the text is about 1";
  const GroundingDinoOutput output =
      network_->decode(enhanced, network_->encode_image(pixels().to(at::kBFloat16), pixel_mask()));
  EXPECT_EQ(output.boxes.scalar_type(), at::kFloat);
  EXPECT_EQ(output.logits.scalar_type(), at::kFloat);
  EXPECT_TRUE(output.boxes.ge(0).logical_and(output.boxes.le(1)).all().item<bool>());
  EXPECT_TRUE(output.logits.isnan().logical_not().all().item<bool>());
  EXPECT_TRUE(output.logits.isinf().equal(fixture_["logits"].isinf()));
}

INSTANTIATE_TEST_SUITE_P(Prompts, DetectorParity,
                         testing::Values("one_phrase", "two_phrases", "seven_phrases",
                                         "heads_apart", "batch"));

using Detector = DetectorParity;

TEST_P(Detector, OneTextServesSeveralPicturesAndOnePictureSeveralTexts) {
  const ImageFeatures one_image = network_->encode_image(pixels());
  const at::Tensor tokens = fixture_["tokens"];
  const TextFeatures one_text = network_->encode_text(tokens);
  const GroundingDinoOutput alone = network_->detect(one_image, one_text);
  const ImageFeatures images = network_->encode_image(at::cat({pixels(), pixels()}));
  const TextFeatures texts = network_->encode_text(at::cat({tokens, tokens}));
  for (const GroundingDinoOutput& output :
       {network_->detect(images, one_text), network_->detect(one_image, texts)}) {
    for (int64_t i = 0; i < 2; ++i) {
      expect_near(output.boxes[i], alone.boxes[0], kPart, "boxes");
    }
  }
  const TextFeatures three = network_->encode_text(at::cat({tokens, tokens, tokens}));
  EXPECT_THROW(network_->detect(images, three), std::invalid_argument);
}

TEST_P(Detector, RefusesATextThatIsTooLongAndAPictureThatIsTooSmall) {
  EXPECT_THROW(network_->encode_text(at::full({1, 41}, 1012)), std::invalid_argument);
  EXPECT_THROW(network_->encode_text(fixture_["tokens"], at::ones({1, 2})), std::invalid_argument);
  const TextFeatures text = network_->encode_text(fixture_["tokens"]);
  EXPECT_THROW(network_->detect(network_->encode_image(at::zeros({1, 3, 8, 8})), text),
               std::invalid_argument);
  EXPECT_THROW(network_->encode_image(pixels(), at::ones({1, 2, 2})), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Use, Detector, testing::Values("one_phrase"));

TEST(DetectorPreparation, ComputesTheSizesOfTransformers) {
  const ParityFixture fixture("grounding_dino/preparation");
  const at::Tensor sizes = fixture["sizes"], expected = fixture["expected_sizes"];
  ASSERT_GT(sizes.size(0), 300);
  for (int64_t i = 0; i < sizes.size(0); ++i) {
    const DinoImageSize image{sizes[i][0].item<int64_t>(), sizes[i][1].item<int64_t>()};
    const DinoImageSize size = detector_size(image, DinoProcessing::kTransformers);
    EXPECT_EQ(size.height, expected[i][0].item<int64_t>()) << image.height << " x " << image.width;
    EXPECT_EQ(size.width, expected[i][1].item<int64_t>()) << image.height << " x " << image.width;
  }
}

TEST(DetectorPreparation, GivesThePixelsOfTransformersInEveryBit) {
  const ParityFixture fixture("grounding_dino/preparation");
  for (const std::string name : {"shrunk", "long", "enlarged", "same"}) {
    const at::Tensor pixels =
        detector_pixels(fixture[name + "_image"], DinoProcessing::kTransformers,
                        {.shortest_edge = 24, .longest_edge = 40});
    EXPECT_TRUE(pixels.equal(fixture[name + "_pixels"])) << name;
  }
}

TEST(DetectorDetections, AreThoseOfTransformers) {
  const ParityFixture fixture("grounding_dino/detections");
  const at::Tensor tokens = fixture["tokens"], phrases = fixture["phrases"];
  const std::vector<int64_t> ids(tokens.const_data_ptr<int64_t>(),
                                 tokens.const_data_ptr<int64_t>() + tokens.numel());
  const std::vector<TokenDetection> found =
      select_detections(fixture["logits"], fixture["boxes"], tokens.numel(), {375, 501}, {},
                        DinoProcessing::kTransformers);
  ASSERT_EQ(static_cast<int64_t>(found.size()), phrases.size(0));
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    EXPECT_EQ(found[i].score, fixture["scores"][row].item<float>());
    std::vector<int64_t> phrase = phrase_tokens(found[i], ids);
    phrase.resize(static_cast<std::size_t>(phrases.size(1)), -1);
    EXPECT_TRUE(at::tensor(phrase).equal(phrases[row])) << phrases[row];
    for (int64_t j = 0; j < 4; ++j) {
      EXPECT_EQ(found[i].box_xyxy[static_cast<std::size_t>(j)],
                fixture["corners"][row][j].item<float>());
    }
  }
}

class PublishedDetector : public testing::TestWithParam<const char*> {};

std::string text_of(const at::Tensor& bytes) {
  const at::Tensor dense = bytes.contiguous();
  return {reinterpret_cast<const char*>(dense.const_data_ptr<uint8_t>()),
          static_cast<std::size_t>(dense.numel())};
}

std::string shape_text_of(const at::Tensor& tensor) {
  std::string text;
  for (const int64_t size : tensor.sizes())
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

TEST_P(PublishedDetector, HasEveryTensorOfThePublishedModel) {
  const auto arrays = load_npz(SITU_SOURCE_DIR "/tests/parity/grounding_dino/published_keys.npz");
  const std::string name = GetParam();
  const auto config = nlohmann::json::parse(text_of(arrays.at(name + "_config")));
  const UninitializedWeights guard(at::kHalf);  // the memory is never touched
  const GroundingDino network(GroundingDinoConfig::from_json(config, name));
  StateDict own = state_dict(*network);
  std::istringstream lines(text_of(arrays.at(name)));
  for (std::string line; std::getline(lines, line);) {
    const std::string key = line.substr(0, line.find('\t'));
    ASSERT_TRUE(own.contains(key)) << key;
    EXPECT_EQ(shape_text_of(own.at(key)), line.substr(key.size() + 1)) << key;
    own.erase(key);
  }
  for (const auto& [key, tensor] : own) ADD_FAILURE() << "not in the published model: " << key;
}

INSTANTIATE_TEST_SUITE_P(Sizes, PublishedDetector, testing::Values("tiny", "base"));

}  // namespace
}  // namespace situ
