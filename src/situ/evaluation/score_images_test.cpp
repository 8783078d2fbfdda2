// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/score_images.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/evaluation/score_map.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

/// Two classes, whose logits are the red channel and its opposite.
class RedSegmenter : public SemanticSegmenter {
 public:
  std::int64_t classes() const override { return 2; }
  at::Tensor logits(const at::Tensor& image, std::int64_t height, std::int64_t width) override {
    const at::Tensor red = image[0].to(at::kFloat).slice(0, 0, height).slice(1, 0, width);
    return at::stack({red, red.neg()});
  }
};

TEST(ScoreImages, WritesAMapOfTheLabelsSizeForEveryImage) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "images");
  std::filesystem::create_directories(folder / "labels");
  save_png(folder / "images/a.png", at::full({3, 4, 6}, 7, at::kByte));
  save_png(folder / "labels/a.png", at::zeros({4, 5}, at::kByte));
  RedSegmenter segmenter;
  LogitScorer scorer(segmenter, LogitScore::kMaxLogit);
  const ImageFolders folders{folder / "images", folder / "labels", 2};
  score_images(scorer, folders, anomaly_protocol("binary"), folder / "out");
  const at::Tensor scores = load_score_map(folder / "out/a.npy");
  EXPECT_EQ(scores.sizes(), (at::IntArrayRef{2, 3}));
  EXPECT_TRUE(scores.eq(-7).all().item<bool>());
  save_png(folder / "images/b.png", at::full({3, 4, 6}, 7, at::kByte));
  EXPECT_THROW(score_images(scorer, folders, anomaly_protocol("binary"), folder / "out"),
               DataError);
}

TEST(MaxLogitStatistics, AreThoseOfAFolderOfImages) {
  const TemporaryFolder folder;
  RedSegmenter segmenter;
  EXPECT_THROW(max_logit_statistics(segmenter, folder.path()), DataError);
  save_png(folder / "a.png", at::full({3, 2, 2}, 10, at::kByte));
  save_png(folder / "b.png", at::full({3, 2, 2}, 20, at::kByte));
  EXPECT_DOUBLE_EQ(max_logit_statistics(segmenter, folder.path()).mean()[0].item<double>(), 15);
}

}  // namespace
}  // namespace situ
